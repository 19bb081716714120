//! One random change to the objects, and what it must lead to, worked out from the change alone.

use crate::cases::Case;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A small generator (xorshift), so that a seed gives the same changes everywhere.
pub(crate) struct Rng(pub(crate) u64);

impl Rng {
    fn below(&mut self, count: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % count.max(1) as u64).unwrap()
    }
}

/// A change that was made.
pub(crate) struct Change {
    pub(crate) what: String,
    pub(crate) kind: String,
    /// `check subject detail` of every error that must follow.
    pub(crate) expected: BTreeSet<String>,
}

const KINDS: [&str; 13] = [
    "endpoint added",
    "endpoint removed",
    "address changed",
    "readiness flipped",
    "address reused",
    "port renamed",
    "external policy switched",
    "internal policy switched",
    "affinity switched",
    "port changed",
    "node port changed",
    "service deleted",
    "service added",
];

/// Makes a change; `None` where no service of the case is fit for the kind that was drawn.
pub(crate) fn change(objects: &mut Value, case: &Case, rng: &mut Rng) -> Option<Change> {
    let kind = KINDS[rng.below(KINDS.len())];
    let plain: Vec<usize> = (0..items(objects).len()).filter(|&at| is_plain(objects, at)).collect();
    let fit: Vec<usize> = plain.into_iter().filter(|&at| is_fit(&items(objects)[at], kind)).collect();
    let at = *fit.get(rng.below(fit.len()))?;
    let service = Service::new(objects, at);
    let expected = match kind {
        "port renamed" => service.rename_port(objects, rng),
        "external policy switched" => service.switch_external(objects),
        "internal policy switched" => service.switch_internal(objects, case),
        "affinity switched" => service.switch_affinity(objects),
        "port changed" => service.change_port(objects, rng),
        "node port changed" => service.change_node_port(objects, rng),
        "service deleted" => service.delete(objects),
        "service added" => service.add(objects),
        _ => service.change_endpoint(objects, kind, rng),
    };
    let what = format!("{kind}: {}", service.subject);
    Some(Change { what, kind: kind.to_owned(), expected: expected.into_iter().collect() })
}

fn items(objects: &Value) -> &Vec<Value> {
    objects["items"].as_array().unwrap()
}

fn is_fit(service: &Value, kind: &str) -> bool {
    let spec = &service["spec"];
    let ports = spec["ports"].as_array().unwrap();
    match kind {
        "port renamed" => ports.iter().any(|port| port["name"].as_str().is_some_and(|name| !name.is_empty())),
        "external policy switched" => matches!(spec["type"].as_str(), Some("NodePort" | "LoadBalancer")),
        "node port changed" => ports.iter().any(|port| port["nodePort"].is_u64()),
        "port changed" => spec["clusterIP"].is_string(),
        _ => true,
    }
}

/// Slices of the service at that place, by index.
fn slices(objects: &Value, service: usize) -> Vec<usize> {
    let meta = &items(objects)[service]["metadata"];
    let is_own = |slice: &Value| {
        slice["kind"] == "EndpointSlice"
            && slice["metadata"]["namespace"] == meta["namespace"]
            && slice["metadata"]["labels"]["kubernetes.io/service-name"] == meta["name"]
    };
    (0..items(objects).len()).filter(|&at| is_own(&items(objects)[at])).collect()
}

/// A service whose endpoints are all ready and used by every node, so that what follows from a change is plain.
fn is_plain(objects: &Value, at: usize) -> bool {
    let service = &items(objects)[at];
    let spec = &service["spec"];
    let is_service = service["kind"] == "Service"
        && spec["clusterIP"].as_str().is_some_and(|ip| !ip.is_empty() && ip != "None")
        && spec["type"] != "ExternalName"
        && spec["internalTrafficPolicy"] != "Local"
        && service["metadata"]["annotations"].is_null()
        && service["metadata"]["labels"]["service.kubernetes.io/service-proxy-name"].is_null();
    let slices = if is_service { slices(objects, at) } else { Vec::new() };
    let is_good = |endpoint: &Value| {
        endpoint["conditions"]["ready"] == true
            && endpoint["conditions"]["terminating"] != true
            && endpoint["hints"].is_null()
            && endpoint["nodeName"].is_string()
    };
    let has_endpoints = |&slice: &usize| {
        let slice = &items(objects)[slice];
        let ports = slice["ports"].as_array().map_or(0, Vec::len);
        let endpoints = slice["endpoints"].as_array().map_or(&[][..], Vec::as_slice);
        ports == spec["ports"].as_array().map_or(0, Vec::len)
            && slice["metadata"]["labels"]["service.kubernetes.io/headless"].is_null()
            && endpoints.len() >= 2
            && endpoints.iter().all(is_good)
            && endpoints.iter().any(|endpoint| endpoint["nodeName"] != endpoints[0]["nodeName"])
    };
    !slices.is_empty() && slices.iter().all(has_endpoints)
}

struct Service {
    at: usize,
    subject: String,
    slices: Vec<usize>,
    /// The names of its ports.
    ports: Vec<String>,
}

impl Service {
    fn new(objects: &Value, at: usize) -> Self {
        let service = &items(objects)[at];
        let word = |key: &str| service["metadata"][key].as_str().unwrap();
        let ports = service["spec"]["ports"].as_array().unwrap();
        Self {
            at,
            subject: format!("{}/{}", word("namespace"), word("name")),
            slices: slices(objects, at),
            ports: ports.iter().map(|port| port["name"].as_str().unwrap_or_default().to_owned()).collect(),
        }
    }

    fn port(&self, name: &str) -> String {
        if name.is_empty() { self.subject.clone() } else { format!("{}:{name}", self.subject) }
    }

    fn mismatches(&self, field: &str) -> Vec<String> {
        self.ports.iter().map(|port| format!("field-mismatch {} {field}", self.port(port))).collect()
    }

    fn change_endpoint(&self, objects: &mut Value, kind: &str, rng: &mut Rng) -> Vec<String> {
        let slice = self.slices[rng.below(self.slices.len())];
        let is_v6 = items(objects)[slice]["addressType"] == "IPv6";
        let new = if is_v6 { "fd00:99::7" } else { "10.99.0.7" };
        let ports = items(objects)[slice]["ports"].clone();
        let endpoints = objects["items"][slice]["endpoints"].as_array_mut().unwrap();
        let place = rng.below(endpoints.len());
        let old = endpoints[place]["addresses"][0].as_str().unwrap().to_owned();
        match kind {
            "endpoint added" => {
                let mut endpoint = endpoints[place].clone();
                endpoint["addresses"] = json!([new]);
                endpoints.push(endpoint);
            }
            "address changed" => endpoints[place]["addresses"] = json!([new]),
            "readiness flipped" => {
                endpoints[place]["conditions"] = json!({"ready": false, "serving": false, "terminating": false});
            }
            _ => _ = endpoints.remove(place),
        }
        if kind == "address reused" {
            objects["items"].as_array_mut().unwrap().push(json!({
                "apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "other", "name": "new-owner"},
                "spec": {"nodeName": "n", "containers": []},
                "status": {"phase": "Running", "podIP": old, "podIPs": [{"ip": old}]},
            }));
        }
        let (is_gone, is_new) = (kind != "endpoint added", kind == "endpoint added" || kind == "address changed");
        let mut expected = Vec::new();
        for port in ports.as_array().unwrap() {
            let name = self.port(port["name"].as_str().unwrap_or_default());
            let at = |ip: &str| {
                std::net::SocketAddr::new(ip.parse().unwrap(), port["port"].as_u64().unwrap().try_into().unwrap())
            };
            expected.extend(is_gone.then(|| format!("stale-endpoint {name} {}", at(&old))));
            expected.extend(is_new.then(|| format!("missing-endpoint {name} {}", at(new))));
        }
        expected
    }

    fn rename_port(&self, objects: &mut Value, rng: &mut Rng) -> Vec<String> {
        let named: Vec<&String> = self.ports.iter().filter(|name| !name.is_empty()).collect();
        let old = named[rng.below(named.len())].as_str();
        let rename = |ports: &mut Value| {
            let named = ports.as_array_mut().unwrap().iter_mut().filter(|port| port["name"] == old);
            named.for_each(|port| port["name"] = json!("renamed"));
        };
        rename(&mut objects["items"][self.at]["spec"]["ports"]);
        self.slices.iter().for_each(|&slice| rename(&mut objects["items"][slice]["ports"]));
        vec![format!("ghost-service {}", self.port(old)), format!("missing-service {}", self.port("renamed"))]
    }

    fn switch_external(&self, objects: &mut Value) -> Vec<String> {
        let policy = &mut objects["items"][self.at]["spec"]["externalTrafficPolicy"];
        *policy = json!(if *policy == "Local" { "Cluster" } else { "Local" });
        self.mismatches("externalTrafficPolicy")
    }

    /// Ignored before 1.22, and in 1.22 and 1.23 beside an external policy of Local.
    fn switch_internal(&self, objects: &mut Value, case: &Case) -> Vec<String> {
        let spec = &mut objects["items"][self.at]["spec"];
        spec["internalTrafficPolicy"] = json!("Local");
        match case.minor {
            ..=21 => Vec::new(),
            22..=23 if spec["externalTrafficPolicy"] == "Local" => Vec::new(),
            _ => self.mismatches("internalTrafficPolicy"),
        }
    }

    fn switch_affinity(&self, objects: &mut Value) -> Vec<String> {
        let spec = objects["items"][self.at]["spec"].as_object_mut().unwrap();
        let is_sticky = spec["sessionAffinity"] == "ClientIP";
        spec.insert("sessionAffinity".into(), json!(if is_sticky { "None" } else { "ClientIP" }));
        spec.remove("sessionAffinityConfig");
        self.mismatches("sessionAffinity")
    }

    fn change_port(&self, objects: &mut Value, rng: &mut Rng) -> Vec<String> {
        let port = rng.below(self.ports.len());
        objects["items"][self.at]["spec"]["ports"][port]["port"] = json!(4242);
        vec![format!("field-mismatch {} port", self.port(&self.ports[port]))]
    }

    fn change_node_port(&self, objects: &mut Value, rng: &mut Rng) -> Vec<String> {
        let port = rng.below(self.ports.len());
        objects["items"][self.at]["spec"]["ports"][port]["nodePort"] = json!(32_767);
        vec![format!("field-mismatch {} nodePort", self.port(&self.ports[port]))]
    }

    fn delete(&self, objects: &mut Value) -> Vec<String> {
        let mut gone: Vec<usize> = self.slices.iter().copied().chain([self.at]).collect();
        gone.sort_unstable();
        let items = objects["items"].as_array_mut().unwrap();
        gone.into_iter().rev().for_each(|at| _ = items.remove(at));
        vec![format!("ghost-service {}", self.subject)]
    }

    fn add(&self, objects: &mut Value) -> Vec<String> {
        let mut added: Vec<Value> =
            self.slices.iter().chain([&self.at]).map(|&at| items(objects)[at].clone()).collect();
        for item in &mut added {
            if item["kind"] == "Service" {
                item["metadata"]["name"] = json!("brand-new");
                let is_v6 = item["spec"]["clusterIP"].as_str().unwrap().contains(':');
                item["spec"]["clusterIP"] = json!(if is_v6 { "fd00:99::99" } else { "10.99.99.99" });
                item["spec"].as_object_mut().unwrap().remove("clusterIPs");
            } else {
                item["metadata"]["name"] = json!(format!("new-{}", item["metadata"]["name"].as_str().unwrap()));
                item["metadata"]["labels"]["kubernetes.io/service-name"] = json!("brand-new");
            }
        }
        objects["items"].as_array_mut().unwrap().append(&mut added);
        let namespace = self.subject.split('/').next().unwrap();
        vec![format!("missing-service {namespace}/brand-new")]
    }
}
