"""What every gRPC tool expects on a port: health, reflection, gRPC-Web; and the plain HTTP port beside it."""

import base64
import http.client
import struct

import pytest
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from copydesk.v1 import analysis_pb2
from story import raw

SECONDS = 60
SERVICES = [f"copydesk.v1.{name}Service" for name in ("Admin", "Analysis", "Article", "Feed")]


@pytest.mark.parametrize("service", ["", *SERVICES])
def test_every_service_is_healthy(channel, service):
    health = health_pb2_grpc.HealthStub(channel)
    answer = health.Check(health_pb2.HealthCheckRequest(service=service), timeout=SECONDS)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


def test_reflection_tells_a_client_without_the_contract_all_of_it(channel):
    # Python's client asks v1alpha.
    database = ProtoReflectionDescriptorDatabase(channel)
    assert set(SERVICES) <= set(database.get_services())

    pool = DescriptorPool(database)
    subscribe = pool.FindServiceByName("copydesk.v1.FeedService").FindMethodByName("Subscribe")
    assert subscribe.server_streaming and not subscribe.client_streaming
    kinds = pool.FindEnumTypeByName("copydesk.v1.UpdateKind").values_by_name
    assert "UPDATE_KIND_PROCESSED" in kinds
    assert pool.FindMessageTypeByName("copydesk.v1.Article").fields_by_name["entities"].message_type.name == "Entity"


def from_text(body):
    """The bytes of a gRPC-Web text body: any number of base64 strings, each with padding of its own."""
    return b"".join(base64.b64decode(body[start : start + 4]) for start in range(0, len(body), 4))


def frames(body):
    """The (flags, payload) frames of a gRPC-Web body."""
    while body:
        flags, length = struct.unpack(">BI", body[:5])
        yield flags, body[5 : 5 + length]
        body = body[5 + length :]


@pytest.mark.parametrize("content_type", ["application/grpc-web+proto", "application/grpc-web-text"])
def test_a_browser_can_call_it_over_http_1(server, source, content_type):
    message = analysis_pb2.AnalyzeRequest(article=raw(source)).SerializeToString()
    body = struct.pack(">BI", 0, len(message)) + message
    is_text = content_type.endswith("text")
    connection = http.client.HTTPConnection(server.address, timeout=SECONDS)
    headers = {"Content-Type": content_type, "Accept": content_type, "X-Grpc-Web": "1"}
    path = "/copydesk.v1.AnalysisService/Analyze"
    connection.request("POST", path, base64.b64encode(body) if is_text else body, headers)
    response = connection.getresponse()
    received = response.read()
    connection.close()

    assert response.status == 200
    assert response.getheader("Content-Type").startswith(content_type)
    (data_flags, data), (trailer_flags, trailers) = frames(from_text(received) if is_text else received)
    assert (data_flags, trailer_flags) == (0, 0x80)
    assert b"grpc-status:0" in trailers.replace(b" ", b"")
    names = {entity.name for entity in analysis_pb2.AnalyzeResponse.FromString(data).article.entities}
    assert "Norway" in names


def test_the_metrics_port_says_that_it_is_well_and_how_much_it_has_done(server, channel):
    def get(path):
        connection = http.client.HTTPConnection(server.metrics_address, timeout=SECONDS)
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read().decode()
        connection.close()
        return response.status, body

    assert get("/healthz")[0] == 200
    status, metrics = get("/metrics")
    assert status == 200
    assert "# TYPE copydesk_" in metrics
