//! With made-up programs in a folder of their own, and once for real in a fresh network namespace.

use super::*;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A script cannot run while a process that another test forks still holds it open, so these tests go one by one.
static ONE_BY_ONE: Mutex<()> = Mutex::new(());

/// A folder with shell scripts as programs.
struct Folder(PathBuf, #[expect(dead_code, reason = "held, not read")] MutexGuard<'static, ()>);

impl Folder {
    fn new(name: &str) -> Self {
        let turn = ONE_BY_ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let path = std::env::temp_dir().join(format!("kubenat-capture-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        Self(path, turn)
    }

    fn program(self, name: &str, script: &str) -> Self {
        let path = self.0.join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    fn link(self, name: &str, to: &str) -> Self {
        symlink(to, self.0.join(name)).unwrap();
        self
    }

    fn capture(&self) -> anyhow::Result<Capture> {
        capture_with(std::slice::from_ref(&self.0))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn names(capture: &Capture) -> Vec<&str> {
    capture.input.sources.files().iter().map(|file| file.name.as_str()).collect()
}

const NAT: &str = "printf '*nat\\n:X - [0:0]\\nCOMMIT\\n'";

#[test]
fn both_families_and_backends_are_captured_once() {
    let folder = Folder::new("both")
        .program("nft-multi", NAT)
        .program("legacy-multi", NAT)
        .link("iptables-save", "nft-multi")
        .link("iptables-nft-save", "nft-multi")
        .link("iptables-legacy-save", "legacy-multi")
        .link("ip6tables-save", "nft-multi")
        .link("ip6tables-legacy-save", "legacy-multi");
    let capture = folder.capture().unwrap();
    let expected = ["iptables-nft-save -c", "iptables-legacy-save -c", "ip6tables-save -c", "ip6tables-legacy-save -c"];
    assert_eq!(names(&capture), expected);
    assert_eq!(capture.input.notes[0].text, "captured live: `iptables-nft-save -c` printed 3 lines");
    assert_eq!(capture.network, Network::default());
}

#[test]
fn a_wrapper_is_known_by_the_version_it_prints() {
    let version =
        |backend: &str| format!("[ \"$1\" = --version ] && echo \"$(basename $0) v1.8.9 ({backend})\" && exit; {NAT}");
    let folder = Folder::new("wrapper")
        .program("iptables-save", &version("legacy"))
        .program("iptables-nft-save", &version("nf_tables"))
        .program("iptables-legacy-save", &version("legacy"));
    assert_eq!(names(&folder.capture().unwrap()), ["iptables-nft-save -c", "iptables-legacy-save -c"]);
}

#[test]
fn warnings_follow_the_dump_as_comments() {
    let warned = "echo '# Warning: iptables-legacy tables present, use iptables-legacy-save to see them' >&2; echo 'modprobe: FATAL' >&2";
    let folder = Folder::new("warned").program("iptables-save", &format!("{NAT}; {warned}"));
    let capture = folder.capture().unwrap();
    let expected = "*nat\n:X - [0:0]\nCOMMIT\n# Warning: iptables-legacy tables present, use iptables-legacy-save to see them\n# modprobe: FATAL\n";
    assert_eq!(capture.input.sources.files()[0].text(), expected);
}

#[test]
fn counters_are_asked_for_and_addresses_kept() {
    let folder = Folder::new("ip").program("iptables-save", "echo \"# $*\"").program("ip", "echo \"[\\\"$*\\\"]\"");
    let capture = folder.capture().unwrap();
    assert_eq!(capture.input.sources.files()[0].text(), "# -c\n");
    assert_eq!(capture.network.addresses.as_deref(), Some("[\"-j addr show\"]\n"));
    assert_eq!(capture.network.routes_v6.as_deref(), Some("[\"-6 -j route show table all\"]\n"));
}

#[test]
fn an_ip_without_json_gives_nothing() {
    let folder = Folder::new("busybox").program("iptables-save", NAT).program("ip", "echo 'BusyBox' >&2; exit 1");
    assert_eq!(folder.capture().unwrap().network, Network::default());
}

#[test]
fn one_family_that_fails_is_told_and_the_other_read() {
    let folder =
        Folder::new("half").program("iptables-save", NAT).program("ip6tables-save", "echo 'no ipv6' >&2; exit 1");
    let capture = folder.capture().unwrap();
    assert_eq!(names(&capture), ["iptables-save -c"]);
    assert_eq!(capture.input.notes.last().unwrap().text, "`ip6tables-save -c` failed: no ipv6");
}

#[test]
fn a_backend_without_rules_gives_no_source() {
    let folder = Folder::new("empty").program("iptables-nft-save", NAT).program("iptables-legacy-save", "true");
    let capture = folder.capture().unwrap();
    assert_eq!(names(&capture), ["iptables-nft-save -c"]);
    assert_eq!(capture.input.notes[1].text, "captured live: `iptables-legacy-save -c` printed nothing");
}

#[test]
fn who_is_not_root_is_told_so() {
    let denied = "echo 'Fatal: can'\"'\"'t open lock file: Permission denied (you must be root)' >&2; exit 4";
    let error = Folder::new("denied").program("iptables-save", denied).capture().unwrap_err().to_string();
    assert_eq!(
        error,
        "the rules cannot be read: `iptables-save -c` failed: Fatal: can't open lock file: Permission denied (you must be root) \
         (run it as root, or give a dump with -f)"
    );
}

#[test]
fn no_iptables_is_told() {
    let error = Folder::new("none").capture().unwrap_err().to_string();
    assert!(error.starts_with("no iptables here: "), "{error}");
}

/// Runs this very test again inside a fresh network namespace, where it may do as it likes.
#[test]
fn a_real_capture_in_a_fresh_network_namespace() {
    const INSIDE: &str = "KUBENAT_TEST_IN_NAMESPACE";
    if std::env::var_os(INSIDE).is_some() {
        return real_capture();
    }
    let this = std::env::current_exe().unwrap();
    let test = "input::capture::tests::a_real_capture_in_a_fresh_network_namespace";
    let possible = Command::new("unshare").args(["-n", "sh", "-c", "iptables-save -V && iptables -t nat -nL"]).output();
    if !possible.is_ok_and(|output| output.status.success()) {
        println!("SKIPPED: the live capture was NOT tested for real: it needs root, unshare and iptables");
        return;
    }
    let arguments = ["--exact", test, "--nocapture", "--test-threads=1"];
    let output = Command::new("unshare").arg("-n").arg(this).args(arguments).env(INSIDE, "1").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(String::from_utf8_lossy(&output.stdout).contains("captured for real"));
}

fn real_capture() {
    let rule = "iptables -t nat -N KUBE-MARK-MASQ && iptables -t nat -A KUBE-MARK-MASQ -j MARK --or-mark 0x4000";
    assert!(Command::new("sh").args(["-c", rule]).status().unwrap().success());
    let capture = capture().unwrap();
    let found = capture.input.sources.files().iter().any(|file| {
        let text = file.text();
        text.windows(28).any(|part| part == b"-A KUBE-MARK-MASQ -j MARK --")
    });
    assert!(found, "{:?}", capture.input);
    let twice: std::collections::BTreeSet<_> = names(&capture).into_iter().collect();
    assert_eq!(twice.len(), capture.input.sources.files().len());
    assert!(capture.network.addresses.is_none_or(|text| text.contains("\"lo\"")));
    println!("captured for real: {:?}", capture.input.notes);
}
