# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_kubenat_global_optspecs
    string join \n f/file= demo n/namespace= m/match= o/output= color= q/quiet v/verbose h/help V/version
end

function __fish_kubenat_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_kubenat_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_kubenat_using_subcommand
    set -l cmd (__fish_kubenat_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c kubenat -n "__fish_kubenat_needs_command" -s f -l file -d 'The same as FILES, anywhere on the line; may be repeated' -r -F
complete -c kubenat -n "__fish_kubenat_needs_command" -s n -l namespace -d 'Only services of this namespace' -r
complete -c kubenat -n "__fish_kubenat_needs_command" -s m -l match -d 'Only services whose NAMESPACE/NAME:PORT matches this regular expression' -r
complete -c kubenat -n "__fish_kubenat_needs_command" -s o -l output -d 'The form of the answer: table, wide, json or name; for `check` also sarif or junit' -r -f -a "table\t'For people, within the width of the terminal'
wide\t'For people, with chain names and line numbers, as wide as it takes'
json\t'For programs'
name\t'Names alone, one a line'
sarif\t'SARIF 2.1.0, for code scanning (`check` only)'
junit\t'The XML of test runners, for CI (`check` only)'"
complete -c kubenat -n "__fish_kubenat_needs_command" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set; anywhere if `CLICOLOR_FORCE` is'
always\t'Always'
never\t'Never'"
complete -c kubenat -n "__fish_kubenat_needs_command" -l demo -d 'Read a real dump that is built in'
complete -c kubenat -n "__fish_kubenat_needs_command" -s q -l quiet -d 'The answer alone: no notes about the input'
complete -c kubenat -n "__fish_kubenat_needs_command" -s v -l verbose -d 'More: every fault of the input, chain names, line numbers'
complete -c kubenat -n "__fish_kubenat_needs_command" -s h -l help -d 'Print help'
complete -c kubenat -n "__fish_kubenat_needs_command" -s V -l version -d 'Print version'
complete -c kubenat -n "__fish_kubenat_needs_command" -a "services" -d 'List the services: addresses, pods, and the share each pod gets'
complete -c kubenat -n "__fish_kubenat_needs_command" -a "explain" -d 'Explain one thing: a service, an address, a port, a chain or a check'
complete -c kubenat -n "__fish_kubenat_needs_command" -a "who" -d 'Show everything that can send to a pod, with shares'
complete -c kubenat -n "__fish_kubenat_needs_command" -a "trace" -d 'Follow one packet through the tables, every branch weighted'
complete -c kubenat -n "__fish_kubenat_needs_command" -a "check" -d 'Look for what is wrong'
complete -c kubenat -n "__fish_kubenat_needs_command" -a "checks" -d 'List what `check` looks for'
complete -c kubenat -n "__fish_kubenat_needs_command" -a "convert" -d 'Write the same rules in another form'
complete -c kubenat -n "__fish_kubenat_needs_command" -a "diff" -d 'Compare two dumps by meaning: what is new, gone, or different'
complete -c kubenat -n "__fish_kubenat_needs_command" -a "completions" -d 'Print the completions for a shell'
complete -c kubenat -n "__fish_kubenat_needs_command" -a "man" -d 'Print the manual page'
complete -c kubenat -n "__fish_kubenat_needs_command" -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kubenat -n "__fish_kubenat_using_subcommand services" -l objects -d 'Output of `kubectl get services,endpointslices,nodes -A -o json`, or a directory of it; may be repeated' -r -F
complete -c kubenat -n "__fish_kubenat_using_subcommand services" -l node -d 'The node the dump is of; without it, it is found by its addresses, pod net or local endpoints' -r
complete -c kubenat -n "__fish_kubenat_using_subcommand services" -l grace -d 'What changed so shortly before the dump is no error yet: 30s, 5m, 2h' -r
complete -c kubenat -n "__fish_kubenat_using_subcommand services" -s f -l file -d 'The same as FILES, anywhere on the line; may be repeated' -r -F
complete -c kubenat -n "__fish_kubenat_using_subcommand services" -s n -l namespace -d 'Only services of this namespace' -r
complete -c kubenat -n "__fish_kubenat_using_subcommand services" -s m -l match -d 'Only services whose NAMESPACE/NAME:PORT matches this regular expression' -r
complete -c kubenat -n "__fish_kubenat_using_subcommand services" -s o -l output -d 'The form of the answer: table, wide, json or name; for `check` also sarif or junit' -r -f -a "table\t'For people, within the width of the terminal'
wide\t'For people, with chain names and line numbers, as wide as it takes'
json\t'For programs'
name\t'Names alone, one a line'
sarif\t'SARIF 2.1.0, for code scanning (`check` only)'
junit\t'The XML of test runners, for CI (`check` only)'"
complete -c kubenat -n "__fish_kubenat_using_subcommand services" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set; anywhere if `CLICOLOR_FORCE` is'
always\t'Always'
never\t'Never'"
complete -c kubenat -n "__fish_kubenat_using_subcommand services" -l demo -d 'Read a real dump that is built in'
complete -c kubenat -n "__fish_kubenat_using_subcommand services" -s q -l quiet -d 'The answer alone: no notes about the input'
complete -c kubenat -n "__fish_kubenat_using_subcommand services" -s v -l verbose -d 'More: every fault of the input, chain names, line numbers'
complete -c kubenat -n "__fish_kubenat_using_subcommand services" -s h -l help -d 'Print help'
complete -c kubenat -n "__fish_kubenat_using_subcommand explain" -l objects -d 'Output of `kubectl get services,endpointslices,nodes -A -o json`, or a directory of it; may be repeated' -r -F
complete -c kubenat -n "__fish_kubenat_using_subcommand explain" -l node -d 'The node the dump is of; without it, it is found by its addresses, pod net or local endpoints' -r
complete -c kubenat -n "__fish_kubenat_using_subcommand explain" -l grace -d 'What changed so shortly before the dump is no error yet: 30s, 5m, 2h' -r
complete -c kubenat -n "__fish_kubenat_using_subcommand explain" -s f -l file -d 'The same as FILES, anywhere on the line; may be repeated' -r -F
complete -c kubenat -n "__fish_kubenat_using_subcommand explain" -s n -l namespace -d 'Only services of this namespace' -r
complete -c kubenat -n "__fish_kubenat_using_subcommand explain" -s m -l match -d 'Only services whose NAMESPACE/NAME:PORT matches this regular expression' -r
complete -c kubenat -n "__fish_kubenat_using_subcommand explain" -s o -l output -d 'The form of the answer: table, wide, json or name; for `check` also sarif or junit' -r -f -a "table\t'For people, within the width of the terminal'
wide\t'For people, with chain names and line numbers, as wide as it takes'
json\t'For programs'
name\t'Names alone, one a line'
sarif\t'SARIF 2.1.0, for code scanning (`check` only)'
junit\t'The XML of test runners, for CI (`check` only)'"
complete -c kubenat -n "__fish_kubenat_using_subcommand explain" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set; anywhere if `CLICOLOR_FORCE` is'
always\t'Always'
never\t'Never'"
complete -c kubenat -n "__fish_kubenat_using_subcommand explain" -l demo -d 'Read a real dump that is built in'
complete -c kubenat -n "__fish_kubenat_using_subcommand explain" -s q -l quiet -d 'The answer alone: no notes about the input'
complete -c kubenat -n "__fish_kubenat_using_subcommand explain" -s v -l verbose -d 'More: every fault of the input, chain names, line numbers'
complete -c kubenat -n "__fish_kubenat_using_subcommand explain" -s h -l help -d 'Print help'
complete -c kubenat -n "__fish_kubenat_using_subcommand who" -s f -l file -d 'The same as FILES, anywhere on the line; may be repeated' -r -F
complete -c kubenat -n "__fish_kubenat_using_subcommand who" -s n -l namespace -d 'Only services of this namespace' -r
complete -c kubenat -n "__fish_kubenat_using_subcommand who" -s m -l match -d 'Only services whose NAMESPACE/NAME:PORT matches this regular expression' -r
complete -c kubenat -n "__fish_kubenat_using_subcommand who" -s o -l output -d 'The form of the answer: table, wide, json or name; for `check` also sarif or junit' -r -f -a "table\t'For people, within the width of the terminal'
wide\t'For people, with chain names and line numbers, as wide as it takes'
json\t'For programs'
name\t'Names alone, one a line'
sarif\t'SARIF 2.1.0, for code scanning (`check` only)'
junit\t'The XML of test runners, for CI (`check` only)'"
complete -c kubenat -n "__fish_kubenat_using_subcommand who" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set; anywhere if `CLICOLOR_FORCE` is'
always\t'Always'
never\t'Never'"
complete -c kubenat -n "__fish_kubenat_using_subcommand who" -l demo -d 'Read a real dump that is built in'
complete -c kubenat -n "__fish_kubenat_using_subcommand who" -s q -l quiet -d 'The answer alone: no notes about the input'
complete -c kubenat -n "__fish_kubenat_using_subcommand who" -s v -l verbose -d 'More: every fault of the input, chain names, line numbers'
complete -c kubenat -n "__fish_kubenat_using_subcommand who" -s h -l help -d 'Print help'
complete -c kubenat -n "__fish_kubenat_using_subcommand trace" -l to -d 'Where it goes: ADDR:PORT[/PROTO], [ADDR6]:PORT[/PROTO], ADDR/icmp or NAMESPACE/NAME:PORT' -r
complete -c kubenat -n "__fish_kubenat_using_subcommand trace" -l from -d 'Where it starts: pod, node (a process on it) or external (another machine)' -r -f -a "pod\t'A pod on this node'
node\t'A process on the node itself, or a pod in its network'
external\t'Another machine'"
complete -c kubenat -n "__fish_kubenat_using_subcommand trace" -l src -d 'Its source address' -r
complete -c kubenat -n "__fish_kubenat_using_subcommand trace" -l sport -d 'Its source port' -r
complete -c kubenat -n "__fish_kubenat_using_subcommand trace" -s i -l in-interface -d 'The interface it comes in by' -r
complete -c kubenat -n "__fish_kubenat_using_subcommand trace" -l mark -d 'Its mark when it arrives, hexadecimal (0x4000) or decimal' -r
complete -c kubenat -n "__fish_kubenat_using_subcommand trace" -l node-ip -d 'An address of the node itself; may be repeated' -r
complete -c kubenat -n "__fish_kubenat_using_subcommand trace" -l addresses -d 'Output of `ip -j addr` on the node; may be repeated' -r -F
complete -c kubenat -n "__fish_kubenat_using_subcommand trace" -l routes -d 'Output of `ip -j route` or `ip -6 -j route` on the node; may be repeated' -r -F
complete -c kubenat -n "__fish_kubenat_using_subcommand trace" -l steps -d 'Which rules to show: matched (or possibly so), or all that were looked at' -r -f -a "matched\t'Those that matched, or may have'
all\t'Every rule that was looked at'"
complete -c kubenat -n "__fish_kubenat_using_subcommand trace" -s f -l file -d 'The same as FILES, anywhere on the line; may be repeated' -r -F
complete -c kubenat -n "__fish_kubenat_using_subcommand trace" -s n -l namespace -d 'Only services of this namespace' -r
complete -c kubenat -n "__fish_kubenat_using_subcommand trace" -s m -l match -d 'Only services whose NAMESPACE/NAME:PORT matches this regular expression' -r
complete -c kubenat -n "__fish_kubenat_using_subcommand trace" -s o -l output -d 'The form of the answer: table, wide, json or name; for `check` also sarif or junit' -r -f -a "table\t'For people, within the width of the terminal'
wide\t'For people, with chain names and line numbers, as wide as it takes'
json\t'For programs'
name\t'Names alone, one a line'
sarif\t'SARIF 2.1.0, for code scanning (`check` only)'
junit\t'The XML of test runners, for CI (`check` only)'"
complete -c kubenat -n "__fish_kubenat_using_subcommand trace" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set; anywhere if `CLICOLOR_FORCE` is'
always\t'Always'
never\t'Never'"
complete -c kubenat -n "__fish_kubenat_using_subcommand trace" -l demo -d 'Read a real dump that is built in'
complete -c kubenat -n "__fish_kubenat_using_subcommand trace" -s q -l quiet -d 'The answer alone: no notes about the input'
complete -c kubenat -n "__fish_kubenat_using_subcommand trace" -s v -l verbose -d 'More: every fault of the input, chain names, line numbers'
complete -c kubenat -n "__fish_kubenat_using_subcommand trace" -s h -l help -d 'Print help'
complete -c kubenat -n "__fish_kubenat_using_subcommand check" -l only -d 'Make these checks alone; comma separated, may be repeated' -r -f -a "blocking-reference\t''
canary-missing\t''
dangling-jump\t''
dnat-target-mismatch\t''
dnat-to-service-address\t''
duplicate-endpoint\t''
duplicate-jump\t''
empty-service-chain\t''
endpoint-in-two-namespaces\t''
endpoint-without-dnat\t''
field-mismatch\t''
flushed-nat-table\t''
foreign-endpoint\t''
foreign-rule\t''
ghost-service\t''
leaking-service\t''
missing-endpoint\t''
missing-service\t''
mixed-dialects\t''
no-endpoints\t''
no-hairpin\t''
nodeports-not-last\t''
odd-endpoint-address\t''
orphan-chain\t''
outlier-endpoint\t''
postrouting-not-hooked\t''
protocol-mismatch\t''
reordered-endpoints\t''
service-chain-mismatch\t''
services-not-hooked\t''
several-dnats\t''
shadowed-address\t''
stale-endpoint\t''
starved-endpoint\t''
sync-verdict\t''
uneven-shares\t''
unknown-dialect\t''
unreachable-rule\t''
wrong-node-identity\t''"
complete -c kubenat -n "__fish_kubenat_using_subcommand check" -l skip -d 'Leave these checks out; comma separated, may be repeated' -r -f -a "blocking-reference\t''
canary-missing\t''
dangling-jump\t''
dnat-target-mismatch\t''
dnat-to-service-address\t''
duplicate-endpoint\t''
duplicate-jump\t''
empty-service-chain\t''
endpoint-in-two-namespaces\t''
endpoint-without-dnat\t''
field-mismatch\t''
flushed-nat-table\t''
foreign-endpoint\t''
foreign-rule\t''
ghost-service\t''
leaking-service\t''
missing-endpoint\t''
missing-service\t''
mixed-dialects\t''
no-endpoints\t''
no-hairpin\t''
nodeports-not-last\t''
odd-endpoint-address\t''
orphan-chain\t''
outlier-endpoint\t''
postrouting-not-hooked\t''
protocol-mismatch\t''
reordered-endpoints\t''
service-chain-mismatch\t''
services-not-hooked\t''
several-dnats\t''
shadowed-address\t''
stale-endpoint\t''
starved-endpoint\t''
sync-verdict\t''
uneven-shares\t''
unknown-dialect\t''
unreachable-rule\t''
wrong-node-identity\t''"
complete -c kubenat -n "__fish_kubenat_using_subcommand check" -l fail-on -d 'Exit with status 1 on findings of this level or above: error, warning, info, or never' -r -f -a "error\t'Errors'
warning\t'Errors and warnings'
info\t'Any finding'
never\t'No finding'"
complete -c kubenat -n "__fish_kubenat_using_subcommand check" -l objects -d 'Output of `kubectl get services,endpointslices,nodes -A -o json`, or a directory of it; may be repeated' -r -F
complete -c kubenat -n "__fish_kubenat_using_subcommand check" -l node -d 'The node the dump is of; without it, it is found by its addresses, pod net or local endpoints' -r
complete -c kubenat -n "__fish_kubenat_using_subcommand check" -l grace -d 'What changed so shortly before the dump is no error yet: 30s, 5m, 2h' -r
complete -c kubenat -n "__fish_kubenat_using_subcommand check" -s f -l file -d 'The same as FILES, anywhere on the line; may be repeated' -r -F
complete -c kubenat -n "__fish_kubenat_using_subcommand check" -s n -l namespace -d 'Only services of this namespace' -r
complete -c kubenat -n "__fish_kubenat_using_subcommand check" -s m -l match -d 'Only services whose NAMESPACE/NAME:PORT matches this regular expression' -r
complete -c kubenat -n "__fish_kubenat_using_subcommand check" -s o -l output -d 'The form of the answer: table, wide, json or name; for `check` also sarif or junit' -r -f -a "table\t'For people, within the width of the terminal'
wide\t'For people, with chain names and line numbers, as wide as it takes'
json\t'For programs'
name\t'Names alone, one a line'
sarif\t'SARIF 2.1.0, for code scanning (`check` only)'
junit\t'The XML of test runners, for CI (`check` only)'"
complete -c kubenat -n "__fish_kubenat_using_subcommand check" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set; anywhere if `CLICOLOR_FORCE` is'
always\t'Always'
never\t'Never'"
complete -c kubenat -n "__fish_kubenat_using_subcommand check" -l demo -d 'Read a real dump that is built in'
complete -c kubenat -n "__fish_kubenat_using_subcommand check" -s q -l quiet -d 'The answer alone: no notes about the input'
complete -c kubenat -n "__fish_kubenat_using_subcommand check" -s v -l verbose -d 'More: every fault of the input, chain names, line numbers'
complete -c kubenat -n "__fish_kubenat_using_subcommand check" -s h -l help -d 'Print help'
complete -c kubenat -n "__fish_kubenat_using_subcommand checks" -s n -l namespace -d 'Only services of this namespace' -r
complete -c kubenat -n "__fish_kubenat_using_subcommand checks" -s m -l match -d 'Only services whose NAMESPACE/NAME:PORT matches this regular expression' -r
complete -c kubenat -n "__fish_kubenat_using_subcommand checks" -s o -l output -d 'The form of the answer: table, wide, json or name; for `check` also sarif or junit' -r -f -a "table\t'For people, within the width of the terminal'
wide\t'For people, with chain names and line numbers, as wide as it takes'
json\t'For programs'
name\t'Names alone, one a line'
sarif\t'SARIF 2.1.0, for code scanning (`check` only)'
junit\t'The XML of test runners, for CI (`check` only)'"
complete -c kubenat -n "__fish_kubenat_using_subcommand checks" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set; anywhere if `CLICOLOR_FORCE` is'
always\t'Always'
never\t'Never'"
complete -c kubenat -n "__fish_kubenat_using_subcommand checks" -l demo -d 'Read a real dump that is built in'
complete -c kubenat -n "__fish_kubenat_using_subcommand checks" -s q -l quiet -d 'The answer alone: no notes about the input'
complete -c kubenat -n "__fish_kubenat_using_subcommand checks" -s v -l verbose -d 'More: every fault of the input, chain names, line numbers'
complete -c kubenat -n "__fish_kubenat_using_subcommand checks" -s h -l help -d 'Print help'
complete -c kubenat -n "__fish_kubenat_using_subcommand convert" -l to -d 'The form to write: save (what iptables-restore reads) or json' -r -f -a "save\t'What iptables-save prints and iptables-restore reads'
json\t'Rules as JSON, options told apart'"
complete -c kubenat -n "__fish_kubenat_using_subcommand convert" -s f -l file -d 'The same as FILES, anywhere on the line; may be repeated' -r -F
complete -c kubenat -n "__fish_kubenat_using_subcommand convert" -s n -l namespace -d 'Only services of this namespace' -r
complete -c kubenat -n "__fish_kubenat_using_subcommand convert" -s m -l match -d 'Only services whose NAMESPACE/NAME:PORT matches this regular expression' -r
complete -c kubenat -n "__fish_kubenat_using_subcommand convert" -s o -l output -d 'The form of the answer: table, wide, json or name; for `check` also sarif or junit' -r -f -a "table\t'For people, within the width of the terminal'
wide\t'For people, with chain names and line numbers, as wide as it takes'
json\t'For programs'
name\t'Names alone, one a line'
sarif\t'SARIF 2.1.0, for code scanning (`check` only)'
junit\t'The XML of test runners, for CI (`check` only)'"
complete -c kubenat -n "__fish_kubenat_using_subcommand convert" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set; anywhere if `CLICOLOR_FORCE` is'
always\t'Always'
never\t'Never'"
complete -c kubenat -n "__fish_kubenat_using_subcommand convert" -l demo -d 'Read a real dump that is built in'
complete -c kubenat -n "__fish_kubenat_using_subcommand convert" -s q -l quiet -d 'The answer alone: no notes about the input'
complete -c kubenat -n "__fish_kubenat_using_subcommand convert" -s v -l verbose -d 'More: every fault of the input, chain names, line numbers'
complete -c kubenat -n "__fish_kubenat_using_subcommand convert" -s h -l help -d 'Print help'
complete -c kubenat -n "__fish_kubenat_using_subcommand diff" -s n -l namespace -d 'Only services of this namespace' -r
complete -c kubenat -n "__fish_kubenat_using_subcommand diff" -s m -l match -d 'Only services whose NAMESPACE/NAME:PORT matches this regular expression' -r
complete -c kubenat -n "__fish_kubenat_using_subcommand diff" -s o -l output -d 'The form of the answer: table, wide, json or name; for `check` also sarif or junit' -r -f -a "table\t'For people, within the width of the terminal'
wide\t'For people, with chain names and line numbers, as wide as it takes'
json\t'For programs'
name\t'Names alone, one a line'
sarif\t'SARIF 2.1.0, for code scanning (`check` only)'
junit\t'The XML of test runners, for CI (`check` only)'"
complete -c kubenat -n "__fish_kubenat_using_subcommand diff" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set; anywhere if `CLICOLOR_FORCE` is'
always\t'Always'
never\t'Never'"
complete -c kubenat -n "__fish_kubenat_using_subcommand diff" -l demo -d 'Read a real dump that is built in'
complete -c kubenat -n "__fish_kubenat_using_subcommand diff" -s q -l quiet -d 'The answer alone: no notes about the input'
complete -c kubenat -n "__fish_kubenat_using_subcommand diff" -s v -l verbose -d 'More: every fault of the input, chain names, line numbers'
complete -c kubenat -n "__fish_kubenat_using_subcommand diff" -s h -l help -d 'Print help'
complete -c kubenat -n "__fish_kubenat_using_subcommand completions" -s n -l namespace -d 'Only services of this namespace' -r
complete -c kubenat -n "__fish_kubenat_using_subcommand completions" -s m -l match -d 'Only services whose NAMESPACE/NAME:PORT matches this regular expression' -r
complete -c kubenat -n "__fish_kubenat_using_subcommand completions" -s o -l output -d 'The form of the answer: table, wide, json or name; for `check` also sarif or junit' -r -f -a "table\t'For people, within the width of the terminal'
wide\t'For people, with chain names and line numbers, as wide as it takes'
json\t'For programs'
name\t'Names alone, one a line'
sarif\t'SARIF 2.1.0, for code scanning (`check` only)'
junit\t'The XML of test runners, for CI (`check` only)'"
complete -c kubenat -n "__fish_kubenat_using_subcommand completions" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set; anywhere if `CLICOLOR_FORCE` is'
always\t'Always'
never\t'Never'"
complete -c kubenat -n "__fish_kubenat_using_subcommand completions" -l demo -d 'Read a real dump that is built in'
complete -c kubenat -n "__fish_kubenat_using_subcommand completions" -s q -l quiet -d 'The answer alone: no notes about the input'
complete -c kubenat -n "__fish_kubenat_using_subcommand completions" -s v -l verbose -d 'More: every fault of the input, chain names, line numbers'
complete -c kubenat -n "__fish_kubenat_using_subcommand completions" -s h -l help -d 'Print help'
complete -c kubenat -n "__fish_kubenat_using_subcommand man" -s n -l namespace -d 'Only services of this namespace' -r
complete -c kubenat -n "__fish_kubenat_using_subcommand man" -s m -l match -d 'Only services whose NAMESPACE/NAME:PORT matches this regular expression' -r
complete -c kubenat -n "__fish_kubenat_using_subcommand man" -s o -l output -d 'The form of the answer: table, wide, json or name; for `check` also sarif or junit' -r -f -a "table\t'For people, within the width of the terminal'
wide\t'For people, with chain names and line numbers, as wide as it takes'
json\t'For programs'
name\t'Names alone, one a line'
sarif\t'SARIF 2.1.0, for code scanning (`check` only)'
junit\t'The XML of test runners, for CI (`check` only)'"
complete -c kubenat -n "__fish_kubenat_using_subcommand man" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set; anywhere if `CLICOLOR_FORCE` is'
always\t'Always'
never\t'Never'"
complete -c kubenat -n "__fish_kubenat_using_subcommand man" -l demo -d 'Read a real dump that is built in'
complete -c kubenat -n "__fish_kubenat_using_subcommand man" -s q -l quiet -d 'The answer alone: no notes about the input'
complete -c kubenat -n "__fish_kubenat_using_subcommand man" -s v -l verbose -d 'More: every fault of the input, chain names, line numbers'
complete -c kubenat -n "__fish_kubenat_using_subcommand man" -s h -l help -d 'Print help'
complete -c kubenat -n "__fish_kubenat_using_subcommand help; and not __fish_seen_subcommand_from services explain who trace check checks convert diff completions man help" -f -a "services" -d 'List the services: addresses, pods, and the share each pod gets'
complete -c kubenat -n "__fish_kubenat_using_subcommand help; and not __fish_seen_subcommand_from services explain who trace check checks convert diff completions man help" -f -a "explain" -d 'Explain one thing: a service, an address, a port, a chain or a check'
complete -c kubenat -n "__fish_kubenat_using_subcommand help; and not __fish_seen_subcommand_from services explain who trace check checks convert diff completions man help" -f -a "who" -d 'Show everything that can send to a pod, with shares'
complete -c kubenat -n "__fish_kubenat_using_subcommand help; and not __fish_seen_subcommand_from services explain who trace check checks convert diff completions man help" -f -a "trace" -d 'Follow one packet through the tables, every branch weighted'
complete -c kubenat -n "__fish_kubenat_using_subcommand help; and not __fish_seen_subcommand_from services explain who trace check checks convert diff completions man help" -f -a "check" -d 'Look for what is wrong'
complete -c kubenat -n "__fish_kubenat_using_subcommand help; and not __fish_seen_subcommand_from services explain who trace check checks convert diff completions man help" -f -a "checks" -d 'List what `check` looks for'
complete -c kubenat -n "__fish_kubenat_using_subcommand help; and not __fish_seen_subcommand_from services explain who trace check checks convert diff completions man help" -f -a "convert" -d 'Write the same rules in another form'
complete -c kubenat -n "__fish_kubenat_using_subcommand help; and not __fish_seen_subcommand_from services explain who trace check checks convert diff completions man help" -f -a "diff" -d 'Compare two dumps by meaning: what is new, gone, or different'
complete -c kubenat -n "__fish_kubenat_using_subcommand help; and not __fish_seen_subcommand_from services explain who trace check checks convert diff completions man help" -f -a "completions" -d 'Print the completions for a shell'
complete -c kubenat -n "__fish_kubenat_using_subcommand help; and not __fish_seen_subcommand_from services explain who trace check checks convert diff completions man help" -f -a "man" -d 'Print the manual page'
complete -c kubenat -n "__fish_kubenat_using_subcommand help; and not __fish_seen_subcommand_from services explain who trace check checks convert diff completions man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
