//! Is this node in step with the cluster? What the rules say against what the API objects say, service port by port.
//!
//! [`locate()`] tells which node's rules these are, [`drift`] lists every difference, [`service_facts`] what the objects
//! add to what the rules show (ready and expected endpoints, pods, nodes, the selector). Plain structs: levels and
//! advice are for the checks.

mod answer;
mod captures;
mod clock;
mod compare;
mod facts;
mod fields;
mod locate;
mod node;
mod pairing;
mod place;
mod wanted;

pub use answer::{Difference, Drift, EndpointState, What, drift};
pub use facts::{EndpointFacts, ServiceFacts, service_facts};
pub use locate::{Located, WrongNode, locate};
pub use node::{era, evidence};
pub use place::ObjectPlace;

/// The service ports that the objects name, for [`Proxy::solve_among`](crate::kube::Proxy::solve_among): `ns/name:port`.
#[must_use]
pub fn names(objects: &crate::objects::Objects) -> Vec<String> {
    let ports = objects.services.iter().flat_map(|service| service.ports.iter().map(move |port| (service, port)));
    let text = |(service, port): (&crate::objects::Service, &crate::objects::ServicePort)| {
        let (namespace, name) = (&service.object.namespace, &service.object.name);
        if port.name.is_empty() { format!("{namespace}/{name}") } else { format!("{namespace}/{name}:{}", port.name) }
    };
    ports.map(text).collect()
}
