//! A TCP proxy with a fixed address in front of a server that comes and goes, and a knife for its connections.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

#[derive(Clone)]
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    target: Arc<Mutex<Option<SocketAddr>>>,
    /// Changes when all connections are to be cut.
    cuts: watch::Sender<u64>,
}

impl Proxy {
    pub(crate) async fn start() -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let proxy = Proxy {
            address: listener.local_addr().expect("bound"),
            target: Arc::default(),
            cuts: watch::Sender::new(0),
        };
        tokio::spawn(accept(proxy.clone(), listener));
        proxy
    }

    /// Where connections go from now on.
    pub(crate) fn point_at(&self, target: SocketAddr) {
        *self.target.lock().expect("not poisoned") = Some(target);
    }

    /// Breaks every connection, in the middle of whatever it carries.
    pub(crate) fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }
}

async fn accept(proxy: Proxy, listener: TcpListener) {
    while let Ok((mut client, _)) = listener.accept().await {
        let Some(target) = *proxy.target.lock().expect("not poisoned") else { continue };
        let mut cuts = proxy.cuts.subscribe();
        tokio::spawn(async move {
            let Ok(mut server) = TcpStream::connect(target).await else { return };
            tokio::select! {
                _ = copy_bidirectional(&mut client, &mut server) => {}
                _ = cuts.changed() => {}
            }
        });
    }
}
