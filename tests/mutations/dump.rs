//! A dump as lines of text, to be changed.

/// The lines of a dump, to be changed.
pub(crate) struct Dump(pub(crate) Vec<String>);

impl Dump {
    pub(crate) fn of(text: &str) -> Self {
        Self(text.lines().map(str::to_owned).collect())
    }

    /// The index of the first line that holds all of `parts`.
    pub(crate) fn find(&self, parts: &[&str]) -> Option<usize> {
        self.0.iter().position(|line| parts.iter().all(|part| line.contains(part)))
    }

    pub(crate) fn text(&self) -> String {
        self.0.iter().flat_map(|line| [line, "\n"]).collect()
    }

    /// The first service chain with at least three pods that nothing but the cluster IP leads to: its balancing rules.
    pub(crate) fn ladder(&self) -> Option<Vec<usize>> {
        let start = self.0.iter().position(|line| {
            line.starts_with("-A KUBE-SVC-") && line.contains("--probability 0.3333") && line.contains("-j KUBE-SEP-")
        })?;
        let chain = word(&self.0[start], 1).to_owned();
        let is_rule =
            |line: &String| word(line, 1) == chain && line.contains("-j KUBE-SEP-") && !line.contains("--rcheck");
        let rules: Vec<usize> = (0..self.0.len()).filter(|&at| is_rule(&self.0[at])).collect();
        (rules.len() == 3).then_some(rules)
    }

    /// The balancing rules of the first service of three pods whose clients do not stay with theirs.
    pub(crate) fn plain_ladder(&self) -> Option<[usize; 3]> {
        let draws = |at: &usize| self.0[*at].starts_with("-A KUBE-SVC-") && self.0[*at].contains("-j KUBE-SEP-");
        let rules: Vec<usize> = (0..self.0.len()).filter(draws).collect();
        let chain = |at: &usize| word(&self.0[*at], 1);
        let mut chains = rules.chunk_by(|one, next| chain(one) == chain(next));
        chains.find_map(|rules| rules.try_into().ok().filter(|_| !self.0[rules[0]].contains("--rcheck")))
    }

    pub(crate) fn target(&self, at: usize) -> String {
        self.0[at].rsplit(' ').next().unwrap_or_default().to_owned()
    }

    /// The DNAT rule of the chain that a balancing rule leads to.
    pub(crate) fn dnat_behind(&self, at: usize) -> Option<usize> {
        self.find(&[&format!("-A {} ", self.target(at)), "-j DNAT"])
    }
}

pub(crate) fn word(line: &str, at: usize) -> &str {
    line.split(' ').nth(at).unwrap_or_default()
}

/// A capture of a cluster IP in nat that nothing but itself leads to a chain of pods.
pub(crate) struct Capture {
    /// The index of its line.
    pub(crate) at: usize,
    /// What its comment begins with: the service port.
    pub(crate) service: String,
    /// `-d …`, with the length of the prefix.
    pub(crate) address: String,
    /// The protocol.
    pub(crate) protocol: String,
    /// The port.
    pub(crate) port: String,
    /// The chain it leads to.
    pub(crate) chain: String,
}

impl Dump {
    /// The range of the lines of a table.
    pub(crate) fn table(&self, name: &str) -> Option<std::ops::Range<usize>> {
        let start = self.0.iter().position(|line| *line == format!("*{name}"))?;
        let len = self.0[start..].iter().position(|line| line == "COMMIT")?;
        Some(start..start + len)
    }

    /// The index of the first line of that table that begins so and holds all of `parts`.
    pub(crate) fn find_in(&self, table: &str, start: &str, parts: &[&str]) -> Option<usize> {
        let is_it = |&at: &usize| self.0[at].starts_with(start) && parts.iter().all(|part| self.0[at].contains(part));
        self.table(table)?.find(is_it)
    }

    /// Puts a rule behind the declarations and before the rules of a table.
    pub(crate) fn put_first(&mut self, table: &str, rule: impl Into<String>) -> Option<usize> {
        let lines = self.table(table)?;
        let end = lines.end;
        let at = lines.into_iter().find(|&at| self.0[at].starts_with("-A ")).unwrap_or(end);
        self.0.insert(at, rule.into());
        Some(at)
    }

    /// The captures of cluster IPs whose chain nothing else leads to.
    pub(crate) fn captures(&self) -> Vec<Capture> {
        let Some(lines) = self.table("nat") else { return Vec::new() };
        lines.filter_map(|at| self.capture(at)).collect()
    }

    fn capture(&self, at: usize) -> Option<Capture> {
        let line = &self.0[at];
        let chain = self.target(at);
        let is_capture = line.starts_with("-A KUBE-SERVICES -d ") && chain.starts_with("KUBE-SVC-");
        let service = line.split('"').nth(1)?.strip_suffix(" cluster IP")?.to_owned();
        let leads = self.0.iter().filter(|line| line.ends_with(&format!("-j {chain}"))).count();
        let value = |option: &str| Some(line.split(option).nth(1)?.split(' ').next()?.to_owned());
        (is_capture && leads == 1).then_some(Capture {
            at,
            service,
            address: value(" -d ")?,
            protocol: value(" -p ")?,
            port: value(" --dport ")?,
            chain,
        })
    }

    /// Removes the rules of a service chain that lead to pods, and the chains of these pods.
    pub(crate) fn remove_pods(&mut self, chain: &str) {
        let start = format!("-A {chain} ");
        let is_it = |line: &str| line.starts_with(&start) && line.contains("-j KUBE-SEP-");
        let all: Vec<usize> = (0..self.0.len()).filter(|&at| is_it(&self.0[at])).collect();
        let targets: Vec<String> = all.into_iter().map(|at| self.target(at)).collect();
        self.0.retain(|line| !is_it(line));
        for target in targets {
            self.remove_chain(&target);
        }
    }

    /// Removes a chain of the nat table with its rules.
    pub(crate) fn remove_chain(&mut self, name: &str) {
        let starts = [format!(":{name} "), format!("-A {name} ")];
        self.0.retain(|line| !starts.iter().any(|start| line.starts_with(start)));
    }

    /// Whether the canary stands there: kube-proxy of 1.17 and later.
    pub(crate) fn has_canary(&self) -> bool {
        self.find_in("nat", ":KUBE-PROXY-CANARY ", &[]).is_some()
    }
}

impl Capture {
    /// What a rule of the filter table that refuses a service would ask for and do.
    pub(crate) fn refusal(&self) -> String {
        let Capture { service, address, protocol, port, .. } = self;
        let with = if address.contains(':') { "icmp6" } else { "icmp" };
        format!(
            "-A KUBE-SERVICES -d {address} -p {protocol} -m comment --comment \"{service} has no endpoints\" -m \
             {protocol} --dport {port} -j REJECT --reject-with {with}-port-unreachable"
        )
    }
}
