
use builtin;
use str;

set edit:completion:arg-completer[kubenat] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'kubenat'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'kubenat'= {
            cand -f 'The same as FILES, anywhere on the line; may be repeated'
            cand --file 'The same as FILES, anywhere on the line; may be repeated'
            cand -n 'Only services of this namespace'
            cand --namespace 'Only services of this namespace'
            cand -m 'Only services whose NAMESPACE/NAME:PORT matches this regular expression'
            cand --match 'Only services whose NAMESPACE/NAME:PORT matches this regular expression'
            cand -o 'The form of the answer: table, wide, json or name; for `check` also sarif or junit'
            cand --output 'The form of the answer: table, wide, json or name; for `check` also sarif or junit'
            cand --color 'When to colour: auto, always or never'
            cand --demo 'Read a real dump that is built in'
            cand -q 'The answer alone: no notes about the input'
            cand --quiet 'The answer alone: no notes about the input'
            cand -v 'More: every fault of the input, chain names, line numbers'
            cand --verbose 'More: every fault of the input, chain names, line numbers'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
            cand services 'List the services: addresses, pods, and the share each pod gets'
            cand explain 'Explain one thing: a service, an address, a port, a chain or a check'
            cand who 'Show everything that can send to a pod, with shares'
            cand trace 'Follow one packet through the tables, every branch weighted'
            cand check 'Look for what is wrong'
            cand checks 'List what `check` looks for'
            cand convert 'Write the same rules in another form'
            cand diff 'Compare two dumps by meaning: what is new, gone, or different'
            cand completions 'Print the completions for a shell'
            cand man 'Print the manual page'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'kubenat;services'= {
            cand --objects 'Output of `kubectl get services,endpointslices,nodes -A -o json`, or a directory of it; may be repeated'
            cand --node 'The node the dump is of; without it, it is found by its addresses, pod net or local endpoints'
            cand --grace 'What changed so shortly before the dump is no error yet: 30s, 5m, 2h'
            cand -f 'The same as FILES, anywhere on the line; may be repeated'
            cand --file 'The same as FILES, anywhere on the line; may be repeated'
            cand -n 'Only services of this namespace'
            cand --namespace 'Only services of this namespace'
            cand -m 'Only services whose NAMESPACE/NAME:PORT matches this regular expression'
            cand --match 'Only services whose NAMESPACE/NAME:PORT matches this regular expression'
            cand -o 'The form of the answer: table, wide, json or name; for `check` also sarif or junit'
            cand --output 'The form of the answer: table, wide, json or name; for `check` also sarif or junit'
            cand --color 'When to colour: auto, always or never'
            cand --demo 'Read a real dump that is built in'
            cand -q 'The answer alone: no notes about the input'
            cand --quiet 'The answer alone: no notes about the input'
            cand -v 'More: every fault of the input, chain names, line numbers'
            cand --verbose 'More: every fault of the input, chain names, line numbers'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'kubenat;explain'= {
            cand --objects 'Output of `kubectl get services,endpointslices,nodes -A -o json`, or a directory of it; may be repeated'
            cand --node 'The node the dump is of; without it, it is found by its addresses, pod net or local endpoints'
            cand --grace 'What changed so shortly before the dump is no error yet: 30s, 5m, 2h'
            cand -f 'The same as FILES, anywhere on the line; may be repeated'
            cand --file 'The same as FILES, anywhere on the line; may be repeated'
            cand -n 'Only services of this namespace'
            cand --namespace 'Only services of this namespace'
            cand -m 'Only services whose NAMESPACE/NAME:PORT matches this regular expression'
            cand --match 'Only services whose NAMESPACE/NAME:PORT matches this regular expression'
            cand -o 'The form of the answer: table, wide, json or name; for `check` also sarif or junit'
            cand --output 'The form of the answer: table, wide, json or name; for `check` also sarif or junit'
            cand --color 'When to colour: auto, always or never'
            cand --demo 'Read a real dump that is built in'
            cand -q 'The answer alone: no notes about the input'
            cand --quiet 'The answer alone: no notes about the input'
            cand -v 'More: every fault of the input, chain names, line numbers'
            cand --verbose 'More: every fault of the input, chain names, line numbers'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'kubenat;who'= {
            cand -f 'The same as FILES, anywhere on the line; may be repeated'
            cand --file 'The same as FILES, anywhere on the line; may be repeated'
            cand -n 'Only services of this namespace'
            cand --namespace 'Only services of this namespace'
            cand -m 'Only services whose NAMESPACE/NAME:PORT matches this regular expression'
            cand --match 'Only services whose NAMESPACE/NAME:PORT matches this regular expression'
            cand -o 'The form of the answer: table, wide, json or name; for `check` also sarif or junit'
            cand --output 'The form of the answer: table, wide, json or name; for `check` also sarif or junit'
            cand --color 'When to colour: auto, always or never'
            cand --demo 'Read a real dump that is built in'
            cand -q 'The answer alone: no notes about the input'
            cand --quiet 'The answer alone: no notes about the input'
            cand -v 'More: every fault of the input, chain names, line numbers'
            cand --verbose 'More: every fault of the input, chain names, line numbers'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'kubenat;trace'= {
            cand --to 'Where it goes: ADDR:PORT[/PROTO], [ADDR6]:PORT[/PROTO], ADDR/icmp or NAMESPACE/NAME:PORT'
            cand --from 'Where it starts: pod, node (a process on it) or external (another machine)'
            cand --src 'Its source address'
            cand --sport 'Its source port'
            cand -i 'The interface it comes in by'
            cand --in-interface 'The interface it comes in by'
            cand --mark 'Its mark when it arrives, hexadecimal (0x4000) or decimal'
            cand --node-ip 'An address of the node itself; may be repeated'
            cand --addresses 'Output of `ip -j addr` on the node; may be repeated'
            cand --routes 'Output of `ip -j route` or `ip -6 -j route` on the node; may be repeated'
            cand --steps 'Which rules to show: matched (or possibly so), or all that were looked at'
            cand -f 'The same as FILES, anywhere on the line; may be repeated'
            cand --file 'The same as FILES, anywhere on the line; may be repeated'
            cand -n 'Only services of this namespace'
            cand --namespace 'Only services of this namespace'
            cand -m 'Only services whose NAMESPACE/NAME:PORT matches this regular expression'
            cand --match 'Only services whose NAMESPACE/NAME:PORT matches this regular expression'
            cand -o 'The form of the answer: table, wide, json or name; for `check` also sarif or junit'
            cand --output 'The form of the answer: table, wide, json or name; for `check` also sarif or junit'
            cand --color 'When to colour: auto, always or never'
            cand --demo 'Read a real dump that is built in'
            cand -q 'The answer alone: no notes about the input'
            cand --quiet 'The answer alone: no notes about the input'
            cand -v 'More: every fault of the input, chain names, line numbers'
            cand --verbose 'More: every fault of the input, chain names, line numbers'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'kubenat;check'= {
            cand --only 'Make these checks alone; comma separated, may be repeated'
            cand --skip 'Leave these checks out; comma separated, may be repeated'
            cand --fail-on 'Exit with status 1 on findings of this level or above: error, warning, info, or never'
            cand --objects 'Output of `kubectl get services,endpointslices,nodes -A -o json`, or a directory of it; may be repeated'
            cand --node 'The node the dump is of; without it, it is found by its addresses, pod net or local endpoints'
            cand --grace 'What changed so shortly before the dump is no error yet: 30s, 5m, 2h'
            cand -f 'The same as FILES, anywhere on the line; may be repeated'
            cand --file 'The same as FILES, anywhere on the line; may be repeated'
            cand -n 'Only services of this namespace'
            cand --namespace 'Only services of this namespace'
            cand -m 'Only services whose NAMESPACE/NAME:PORT matches this regular expression'
            cand --match 'Only services whose NAMESPACE/NAME:PORT matches this regular expression'
            cand -o 'The form of the answer: table, wide, json or name; for `check` also sarif or junit'
            cand --output 'The form of the answer: table, wide, json or name; for `check` also sarif or junit'
            cand --color 'When to colour: auto, always or never'
            cand --demo 'Read a real dump that is built in'
            cand -q 'The answer alone: no notes about the input'
            cand --quiet 'The answer alone: no notes about the input'
            cand -v 'More: every fault of the input, chain names, line numbers'
            cand --verbose 'More: every fault of the input, chain names, line numbers'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'kubenat;checks'= {
            cand -n 'Only services of this namespace'
            cand --namespace 'Only services of this namespace'
            cand -m 'Only services whose NAMESPACE/NAME:PORT matches this regular expression'
            cand --match 'Only services whose NAMESPACE/NAME:PORT matches this regular expression'
            cand -o 'The form of the answer: table, wide, json or name; for `check` also sarif or junit'
            cand --output 'The form of the answer: table, wide, json or name; for `check` also sarif or junit'
            cand --color 'When to colour: auto, always or never'
            cand --demo 'Read a real dump that is built in'
            cand -q 'The answer alone: no notes about the input'
            cand --quiet 'The answer alone: no notes about the input'
            cand -v 'More: every fault of the input, chain names, line numbers'
            cand --verbose 'More: every fault of the input, chain names, line numbers'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'kubenat;convert'= {
            cand --to 'The form to write: save (what iptables-restore reads) or json'
            cand -f 'The same as FILES, anywhere on the line; may be repeated'
            cand --file 'The same as FILES, anywhere on the line; may be repeated'
            cand -n 'Only services of this namespace'
            cand --namespace 'Only services of this namespace'
            cand -m 'Only services whose NAMESPACE/NAME:PORT matches this regular expression'
            cand --match 'Only services whose NAMESPACE/NAME:PORT matches this regular expression'
            cand -o 'The form of the answer: table, wide, json or name; for `check` also sarif or junit'
            cand --output 'The form of the answer: table, wide, json or name; for `check` also sarif or junit'
            cand --color 'When to colour: auto, always or never'
            cand --demo 'Read a real dump that is built in'
            cand -q 'The answer alone: no notes about the input'
            cand --quiet 'The answer alone: no notes about the input'
            cand -v 'More: every fault of the input, chain names, line numbers'
            cand --verbose 'More: every fault of the input, chain names, line numbers'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'kubenat;diff'= {
            cand -n 'Only services of this namespace'
            cand --namespace 'Only services of this namespace'
            cand -m 'Only services whose NAMESPACE/NAME:PORT matches this regular expression'
            cand --match 'Only services whose NAMESPACE/NAME:PORT matches this regular expression'
            cand -o 'The form of the answer: table, wide, json or name; for `check` also sarif or junit'
            cand --output 'The form of the answer: table, wide, json or name; for `check` also sarif or junit'
            cand --color 'When to colour: auto, always or never'
            cand --demo 'Read a real dump that is built in'
            cand -q 'The answer alone: no notes about the input'
            cand --quiet 'The answer alone: no notes about the input'
            cand -v 'More: every fault of the input, chain names, line numbers'
            cand --verbose 'More: every fault of the input, chain names, line numbers'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'kubenat;completions'= {
            cand -n 'Only services of this namespace'
            cand --namespace 'Only services of this namespace'
            cand -m 'Only services whose NAMESPACE/NAME:PORT matches this regular expression'
            cand --match 'Only services whose NAMESPACE/NAME:PORT matches this regular expression'
            cand -o 'The form of the answer: table, wide, json or name; for `check` also sarif or junit'
            cand --output 'The form of the answer: table, wide, json or name; for `check` also sarif or junit'
            cand --color 'When to colour: auto, always or never'
            cand --demo 'Read a real dump that is built in'
            cand -q 'The answer alone: no notes about the input'
            cand --quiet 'The answer alone: no notes about the input'
            cand -v 'More: every fault of the input, chain names, line numbers'
            cand --verbose 'More: every fault of the input, chain names, line numbers'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'kubenat;man'= {
            cand -n 'Only services of this namespace'
            cand --namespace 'Only services of this namespace'
            cand -m 'Only services whose NAMESPACE/NAME:PORT matches this regular expression'
            cand --match 'Only services whose NAMESPACE/NAME:PORT matches this regular expression'
            cand -o 'The form of the answer: table, wide, json or name; for `check` also sarif or junit'
            cand --output 'The form of the answer: table, wide, json or name; for `check` also sarif or junit'
            cand --color 'When to colour: auto, always or never'
            cand --demo 'Read a real dump that is built in'
            cand -q 'The answer alone: no notes about the input'
            cand --quiet 'The answer alone: no notes about the input'
            cand -v 'More: every fault of the input, chain names, line numbers'
            cand --verbose 'More: every fault of the input, chain names, line numbers'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'kubenat;help'= {
            cand services 'List the services: addresses, pods, and the share each pod gets'
            cand explain 'Explain one thing: a service, an address, a port, a chain or a check'
            cand who 'Show everything that can send to a pod, with shares'
            cand trace 'Follow one packet through the tables, every branch weighted'
            cand check 'Look for what is wrong'
            cand checks 'List what `check` looks for'
            cand convert 'Write the same rules in another form'
            cand diff 'Compare two dumps by meaning: what is new, gone, or different'
            cand completions 'Print the completions for a shell'
            cand man 'Print the manual page'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'kubenat;help;services'= {
        }
        &'kubenat;help;explain'= {
        }
        &'kubenat;help;who'= {
        }
        &'kubenat;help;trace'= {
        }
        &'kubenat;help;check'= {
        }
        &'kubenat;help;checks'= {
        }
        &'kubenat;help;convert'= {
        }
        &'kubenat;help;diff'= {
        }
        &'kubenat;help;completions'= {
        }
        &'kubenat;help;man'= {
        }
        &'kubenat;help;help'= {
        }
    ]
    $completions[$command]
}
