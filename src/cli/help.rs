//! The texts around the options: what kubenat is, and the examples at the foot of each help.

pub(super) const ABOUT: &str = "\
Explain kube-proxy's NAT tables: where a new connection goes, and what is wrong.

Reads what iptables-save or iptables -L print on a Kubernetes node and says,
service by service, which pod gets a new connection with what probability, and
what is wrong. Needs no cluster, changes nothing.";

pub(super) const OVERVIEW: &str = "\
Examples:
  iptables-save -c | kubenat              every service of this node
  kubenat node.save                       the same from a dump saved earlier
  kubenat --demo                          try it without a cluster
  kubenat explain shop/web:http           one service on one screen
  kubenat who 10.244.1.7                  who sends to this pod, and how much
  kubenat trace --to 10.96.0.10:53/udp    the way of one packet, rule by rule
  kubenat check --fail-on warning         for CI: status 1 if something is found

Exit status: 0 answered, 1 something was found (or there is no such subject),
2 wrong usage or nothing could be read.";

pub(super) const SERVICES: &str = "\
Examples:
  iptables-save | kubenat services
  kubenat services node.save -n shop
  kubenat services node.save -m ':(http|grpc)$' -o json

With what the API says, a column shows how many pods are ready:
  kubectl get services,endpointslices,nodes -A -o json > cluster.json
  kubenat services node.save --objects cluster.json";

pub(super) const EXPLAIN: &str = "\
Examples:
  kubenat explain shop/web:http node.save     a port of a service
  kubenat explain 10.96.0.10:53/udp           who answers at this address
  kubenat explain '[fd00::a]:53'              the same with IPv6
  kubenat explain :30080                      a node port
  kubenat explain 10.244.1.7:8080             an endpoint
  kubenat explain KUBE-SVC-TCOU7JCQXEZGVUNU   a chain
  kubenat explain leaking-service             a check: what it means, what to do";

pub(super) const WHO: &str = "\
Examples:
  kubenat who 10.244.1.7 node.save    every service that sends to this pod
  kubenat who 10.244.1.7:8080         to this port of it
  kubenat who '[fd00:10:244::7]:8080'";

pub(super) const TRACE: &str = "\
Examples:
  kubenat trace --to 10.96.0.10:53/udp node.save
  kubenat trace --from external --src 198.51.100.7 --to 192.0.2.10:30080
  kubenat trace --from node --to shop/web:http --steps all
  kubenat trace --to '[fd00::a]:443' --src fd00:10:244::7 -i cni0

Facts about the node settle what the rules ask of it:
  ip -j addr > addr.json; ip -j route > route.json
  kubenat trace --to 192.0.2.10:30080 --addresses addr.json --routes route.json

Without a fact that a rule asks for, both ways are shown with their condition.";

pub(super) const CHECK: &str = "\
Examples:
  iptables-save -c | kubenat check
  kubenat check node.save --fail-on warning
  kubenat check node.save --only leaking-service,starved-endpoint
  kubenat check node.save --skip no-hairpin -n shop
  kubenat check node.save -o sarif > kubenat.sarif

Is this node in step with the cluster? Three commands collect the evidence:
  iptables-save -c > node.save           (on the node, as root)
  kubectl get services,endpointslices,nodes,pods -A -o json > cluster.json
  kubenat check node.save --objects cluster.json

`kubenat checks` lists the names, `kubenat explain NAME` says what one means.";

pub(super) const CHECKS: &str = "\
Examples:
  kubenat checks
  kubenat checks -o name";

pub(super) const CONVERT: &str = "\
Examples:
  kubenat convert --to save listing.txt    a listing becomes iptables-save text
  iptables-save | kubenat convert --to json";

pub(super) const DIFF: &str = "\
Examples:
  kubenat diff monday.save tuesday.save
  kubenat diff worker-1.save worker-2.save -o json

Services are compared by what they mean, not line by line: kube-proxy writes
them in another order at every sync. Exit status: 0 the same, 1 different.";

pub(super) const COMPLETIONS: &str = "\
Examples:
  kubenat completions bash > /etc/bash_completion.d/kubenat
  kubenat completions zsh  > \"${fpath[1]}/_kubenat\"
  kubenat completions fish > ~/.config/fish/completions/kubenat.fish
  kubenat completions powershell >> $PROFILE
  kubenat completions elvish >> ~/.config/elvish/rc.elv";

pub(super) const MAN: &str = "\
Examples:
  kubenat man | man -l -
  kubenat man trace > kubenat-trace.1";
