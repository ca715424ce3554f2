"""MiniLM with a letter-case embedding and a linear tag head, in plain PyTorch; reads and writes the exported folder."""
import json
import pathlib

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional

import words
from labels import LABELS, LONGEST_WINDOW


class Layer(nn.Module):
    def __init__(self, width, heads, inner, epsilon, dropout):
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.mixed = nn.Linear(width, width)
        self.mixed_norm = nn.LayerNorm(width, eps=epsilon)
        self.up, self.down = nn.Linear(width, inner), nn.Linear(inner, width)
        self.down_norm = nn.LayerNorm(width, eps=epsilon)

    def forward(self, rows, mask):
        batch, length, width = rows.shape
        split = lambda linear: linear(rows).view(batch, length, self.heads, -1).transpose(1, 2)
        mixed = functional.scaled_dot_product_attention(
            split(self.query), split(self.key), split(self.value), attn_mask=mask)
        mixed = self.mixed(mixed.transpose(1, 2).reshape(batch, length, width))
        rows = self.mixed_norm(rows + functional.dropout(mixed, self.dropout, self.training))
        inner = self.down(functional.gelu(self.up(rows)))
        return self.down_norm(rows + functional.dropout(inner, self.dropout, self.training))


# Names in the file, as Hugging Face's BERT has them, and here.
LAYER_NAMES = {
    "attention.self.query": "query", "attention.self.key": "key", "attention.self.value": "value",
    "attention.output.dense": "mixed", "attention.output.LayerNorm": "mixed_norm",
    "intermediate.dense": "up", "output.dense": "down", "output.LayerNorm": "down_norm",
}
EMBEDDING_NAMES = {
    "embeddings.word_embeddings.weight": "word.weight", "embeddings.position_embeddings.weight": "position.weight",
    "embeddings.token_type_embeddings.weight": "kind.weight", "embeddings.LayerNorm.weight": "norm.weight",
    "embeddings.LayerNorm.bias": "norm.bias", "case_embeddings.weight": "case.weight",
    "classifier.weight": "head.weight", "classifier.bias": "head.bias",
}


def names(layers):
    """Name in the file -> name here."""
    table = dict(EMBEDDING_NAMES)
    for index in range(layers):
        for theirs, ours in LAYER_NAMES.items():
            for part in ("weight", "bias"):
                table[f"encoder.layer.{index}.{theirs}.{part}"] = f"layers.{index}.{ours}.{part}"
    return table


class Network(nn.Module):
    """Piece ids and case classes [batch, length] -> tag logits [batch, length, 37]."""

    def __init__(self, config, dropout=0.1):
        super().__init__()
        width, epsilon = config["hidden_size"], config["layer_norm_eps"]
        self.config, self.dropout = config, dropout
        self.word = nn.Embedding(config["vocab_size"], width)
        self.position = nn.Embedding(config["max_position_embeddings"], width)
        self.kind = nn.Embedding(config["type_vocab_size"], width)
        self.case = nn.Embedding(words.CASES, width)
        self.norm = nn.LayerNorm(width, eps=epsilon)
        self.layers = nn.ModuleList(
            Layer(width, config["num_attention_heads"], config["intermediate_size"], epsilon, dropout)
            for _ in range(config["num_hidden_layers"]))
        self.head = nn.Linear(width, len(LABELS))
        nn.init.zeros_(self.case.weight)
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)
        self.word.weight.requires_grad_(False)

    def forward(self, pieces, cases, lengths):
        length = pieces.shape[1]
        rows = self.word(pieces) + self.position.weight[:length] + self.kind.weight[0] + self.case(cases)
        rows = functional.dropout(self.norm(rows), self.dropout, self.training)
        mask = None
        if int(lengths.min()) < length:
            mask = (torch.arange(length)[None] < lengths[:, None])[:, None, None, :]
        for layer in self.layers:
            rows = layer(rows, mask)
        return self.head(functional.dropout(rows, self.dropout, self.training))


def load(folder, dropout=0.1):
    """A network from a folder of the exported form, or from the plain encoder (then head and cases are new)."""
    folder = pathlib.Path(folder)
    config = json.loads((folder / "config.json").read_text())
    network = Network(config, dropout)
    arrays = load_file(folder / "model.safetensors")
    state = {ours: arrays[theirs] for theirs, ours in names(config["num_hidden_layers"]).items() if theirs in arrays}
    missing = set(network.state_dict()) - set(state)
    if missing - {"case.weight", "head.weight", "head.bias"}:
        raise ValueError(f"{folder}: no weights for {sorted(missing)}")
    network.load_state_dict(state, strict=False)
    return network


SIZES = ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "layer_norm_eps",
         "max_position_embeddings", "type_vocab_size", "vocab_size")


def save(network, folder, vocabulary, temperature, name, version, licence):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    config = {size: network.config[size] for size in SIZES} | {
        "labels": LABELS, "case_classes": words.CASES, "max_window": LONGEST_WINDOW, "lower_case": True,
        "confidence": "mean", "temperature": round(temperature, 4), "name": name, "version": version, "licence": licence}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    (folder / "vocab.txt").write_text("\n".join(vocabulary.entries) + "\n", encoding="utf-8")
    state = network.state_dict()
    arrays = {theirs: state[ours].contiguous().clone() for theirs, ours in names(config["num_hidden_layers"]).items()}
    save_file(arrays, folder / "model.safetensors")
