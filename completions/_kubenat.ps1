
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'kubenat' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'kubenat'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'kubenat' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'The same as FILES, anywhere on the line; may be repeated')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'The same as FILES, anywhere on the line; may be repeated')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Only services of this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Only services of this namespace')
            [CompletionResult]::new('-m', '-m', [CompletionResultType]::ParameterName, 'Only services whose NAMESPACE/NAME:PORT matches this regular expression')
            [CompletionResult]::new('--match', '--match', [CompletionResultType]::ParameterName, 'Only services whose NAMESPACE/NAME:PORT matches this regular expression')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the answer: table, wide, json or name; for `check` also sarif or junit')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the answer: table, wide, json or name; for `check` also sarif or junit')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: auto, always or never')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'Read a real dump that is built in')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'The answer alone: no notes about the input')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'The answer alone: no notes about the input')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'More: every fault of the input, chain names, line numbers')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'More: every fault of the input, chain names, line numbers')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('services', 'services', [CompletionResultType]::ParameterValue, 'List the services: addresses, pods, and the share each pod gets')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Explain one thing: a service, an address, a port, a chain or a check')
            [CompletionResult]::new('who', 'who', [CompletionResultType]::ParameterValue, 'Show everything that can send to a pod, with shares')
            [CompletionResult]::new('trace', 'trace', [CompletionResultType]::ParameterValue, 'Follow one packet through the tables, every branch weighted')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Look for what is wrong')
            [CompletionResult]::new('checks', 'checks', [CompletionResultType]::ParameterValue, 'List what `check` looks for')
            [CompletionResult]::new('convert', 'convert', [CompletionResultType]::ParameterValue, 'Write the same rules in another form')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Compare two dumps by meaning: what is new, gone, or different')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completions for a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print the manual page')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'kubenat;services' {
            [CompletionResult]::new('--objects', '--objects', [CompletionResultType]::ParameterName, 'Output of `kubectl get services,endpointslices,nodes -A -o json`, or a directory of it; may be repeated')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The node the dump is of; without it, it is found by its addresses, pod net or local endpoints')
            [CompletionResult]::new('--grace', '--grace', [CompletionResultType]::ParameterName, 'What changed so shortly before the dump is no error yet: 30s, 5m, 2h')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'The same as FILES, anywhere on the line; may be repeated')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'The same as FILES, anywhere on the line; may be repeated')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Only services of this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Only services of this namespace')
            [CompletionResult]::new('-m', '-m', [CompletionResultType]::ParameterName, 'Only services whose NAMESPACE/NAME:PORT matches this regular expression')
            [CompletionResult]::new('--match', '--match', [CompletionResultType]::ParameterName, 'Only services whose NAMESPACE/NAME:PORT matches this regular expression')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the answer: table, wide, json or name; for `check` also sarif or junit')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the answer: table, wide, json or name; for `check` also sarif or junit')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: auto, always or never')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'Read a real dump that is built in')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'The answer alone: no notes about the input')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'The answer alone: no notes about the input')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'More: every fault of the input, chain names, line numbers')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'More: every fault of the input, chain names, line numbers')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'kubenat;explain' {
            [CompletionResult]::new('--objects', '--objects', [CompletionResultType]::ParameterName, 'Output of `kubectl get services,endpointslices,nodes -A -o json`, or a directory of it; may be repeated')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The node the dump is of; without it, it is found by its addresses, pod net or local endpoints')
            [CompletionResult]::new('--grace', '--grace', [CompletionResultType]::ParameterName, 'What changed so shortly before the dump is no error yet: 30s, 5m, 2h')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'The same as FILES, anywhere on the line; may be repeated')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'The same as FILES, anywhere on the line; may be repeated')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Only services of this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Only services of this namespace')
            [CompletionResult]::new('-m', '-m', [CompletionResultType]::ParameterName, 'Only services whose NAMESPACE/NAME:PORT matches this regular expression')
            [CompletionResult]::new('--match', '--match', [CompletionResultType]::ParameterName, 'Only services whose NAMESPACE/NAME:PORT matches this regular expression')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the answer: table, wide, json or name; for `check` also sarif or junit')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the answer: table, wide, json or name; for `check` also sarif or junit')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: auto, always or never')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'Read a real dump that is built in')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'The answer alone: no notes about the input')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'The answer alone: no notes about the input')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'More: every fault of the input, chain names, line numbers')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'More: every fault of the input, chain names, line numbers')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'kubenat;who' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'The same as FILES, anywhere on the line; may be repeated')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'The same as FILES, anywhere on the line; may be repeated')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Only services of this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Only services of this namespace')
            [CompletionResult]::new('-m', '-m', [CompletionResultType]::ParameterName, 'Only services whose NAMESPACE/NAME:PORT matches this regular expression')
            [CompletionResult]::new('--match', '--match', [CompletionResultType]::ParameterName, 'Only services whose NAMESPACE/NAME:PORT matches this regular expression')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the answer: table, wide, json or name; for `check` also sarif or junit')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the answer: table, wide, json or name; for `check` also sarif or junit')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: auto, always or never')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'Read a real dump that is built in')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'The answer alone: no notes about the input')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'The answer alone: no notes about the input')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'More: every fault of the input, chain names, line numbers')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'More: every fault of the input, chain names, line numbers')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'kubenat;trace' {
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'Where it goes: ADDR:PORT[/PROTO], [ADDR6]:PORT[/PROTO], ADDR/icmp or NAMESPACE/NAME:PORT')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Where it starts: pod, node (a process on it) or external (another machine)')
            [CompletionResult]::new('--src', '--src', [CompletionResultType]::ParameterName, 'Its source address')
            [CompletionResult]::new('--sport', '--sport', [CompletionResultType]::ParameterName, 'Its source port')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'The interface it comes in by')
            [CompletionResult]::new('--in-interface', '--in-interface', [CompletionResultType]::ParameterName, 'The interface it comes in by')
            [CompletionResult]::new('--mark', '--mark', [CompletionResultType]::ParameterName, 'Its mark when it arrives, hexadecimal (0x4000) or decimal')
            [CompletionResult]::new('--node-ip', '--node-ip', [CompletionResultType]::ParameterName, 'An address of the node itself; may be repeated')
            [CompletionResult]::new('--addresses', '--addresses', [CompletionResultType]::ParameterName, 'Output of `ip -j addr` on the node; may be repeated')
            [CompletionResult]::new('--routes', '--routes', [CompletionResultType]::ParameterName, 'Output of `ip -j route` or `ip -6 -j route` on the node; may be repeated')
            [CompletionResult]::new('--steps', '--steps', [CompletionResultType]::ParameterName, 'Which rules to show: matched (or possibly so), or all that were looked at')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'The same as FILES, anywhere on the line; may be repeated')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'The same as FILES, anywhere on the line; may be repeated')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Only services of this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Only services of this namespace')
            [CompletionResult]::new('-m', '-m', [CompletionResultType]::ParameterName, 'Only services whose NAMESPACE/NAME:PORT matches this regular expression')
            [CompletionResult]::new('--match', '--match', [CompletionResultType]::ParameterName, 'Only services whose NAMESPACE/NAME:PORT matches this regular expression')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the answer: table, wide, json or name; for `check` also sarif or junit')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the answer: table, wide, json or name; for `check` also sarif or junit')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: auto, always or never')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'Read a real dump that is built in')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'The answer alone: no notes about the input')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'The answer alone: no notes about the input')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'More: every fault of the input, chain names, line numbers')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'More: every fault of the input, chain names, line numbers')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'kubenat;check' {
            [CompletionResult]::new('--only', '--only', [CompletionResultType]::ParameterName, 'Make these checks alone; comma separated, may be repeated')
            [CompletionResult]::new('--skip', '--skip', [CompletionResultType]::ParameterName, 'Leave these checks out; comma separated, may be repeated')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with status 1 on findings of this level or above: error, warning, info, or never')
            [CompletionResult]::new('--objects', '--objects', [CompletionResultType]::ParameterName, 'Output of `kubectl get services,endpointslices,nodes -A -o json`, or a directory of it; may be repeated')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The node the dump is of; without it, it is found by its addresses, pod net or local endpoints')
            [CompletionResult]::new('--grace', '--grace', [CompletionResultType]::ParameterName, 'What changed so shortly before the dump is no error yet: 30s, 5m, 2h')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'The same as FILES, anywhere on the line; may be repeated')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'The same as FILES, anywhere on the line; may be repeated')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Only services of this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Only services of this namespace')
            [CompletionResult]::new('-m', '-m', [CompletionResultType]::ParameterName, 'Only services whose NAMESPACE/NAME:PORT matches this regular expression')
            [CompletionResult]::new('--match', '--match', [CompletionResultType]::ParameterName, 'Only services whose NAMESPACE/NAME:PORT matches this regular expression')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the answer: table, wide, json or name; for `check` also sarif or junit')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the answer: table, wide, json or name; for `check` also sarif or junit')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: auto, always or never')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'Read a real dump that is built in')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'The answer alone: no notes about the input')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'The answer alone: no notes about the input')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'More: every fault of the input, chain names, line numbers')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'More: every fault of the input, chain names, line numbers')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'kubenat;checks' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Only services of this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Only services of this namespace')
            [CompletionResult]::new('-m', '-m', [CompletionResultType]::ParameterName, 'Only services whose NAMESPACE/NAME:PORT matches this regular expression')
            [CompletionResult]::new('--match', '--match', [CompletionResultType]::ParameterName, 'Only services whose NAMESPACE/NAME:PORT matches this regular expression')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the answer: table, wide, json or name; for `check` also sarif or junit')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the answer: table, wide, json or name; for `check` also sarif or junit')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: auto, always or never')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'Read a real dump that is built in')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'The answer alone: no notes about the input')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'The answer alone: no notes about the input')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'More: every fault of the input, chain names, line numbers')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'More: every fault of the input, chain names, line numbers')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'kubenat;convert' {
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'The form to write: save (what iptables-restore reads) or json')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'The same as FILES, anywhere on the line; may be repeated')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'The same as FILES, anywhere on the line; may be repeated')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Only services of this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Only services of this namespace')
            [CompletionResult]::new('-m', '-m', [CompletionResultType]::ParameterName, 'Only services whose NAMESPACE/NAME:PORT matches this regular expression')
            [CompletionResult]::new('--match', '--match', [CompletionResultType]::ParameterName, 'Only services whose NAMESPACE/NAME:PORT matches this regular expression')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the answer: table, wide, json or name; for `check` also sarif or junit')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the answer: table, wide, json or name; for `check` also sarif or junit')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: auto, always or never')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'Read a real dump that is built in')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'The answer alone: no notes about the input')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'The answer alone: no notes about the input')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'More: every fault of the input, chain names, line numbers')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'More: every fault of the input, chain names, line numbers')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'kubenat;diff' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Only services of this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Only services of this namespace')
            [CompletionResult]::new('-m', '-m', [CompletionResultType]::ParameterName, 'Only services whose NAMESPACE/NAME:PORT matches this regular expression')
            [CompletionResult]::new('--match', '--match', [CompletionResultType]::ParameterName, 'Only services whose NAMESPACE/NAME:PORT matches this regular expression')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the answer: table, wide, json or name; for `check` also sarif or junit')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the answer: table, wide, json or name; for `check` also sarif or junit')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: auto, always or never')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'Read a real dump that is built in')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'The answer alone: no notes about the input')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'The answer alone: no notes about the input')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'More: every fault of the input, chain names, line numbers')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'More: every fault of the input, chain names, line numbers')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'kubenat;completions' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Only services of this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Only services of this namespace')
            [CompletionResult]::new('-m', '-m', [CompletionResultType]::ParameterName, 'Only services whose NAMESPACE/NAME:PORT matches this regular expression')
            [CompletionResult]::new('--match', '--match', [CompletionResultType]::ParameterName, 'Only services whose NAMESPACE/NAME:PORT matches this regular expression')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the answer: table, wide, json or name; for `check` also sarif or junit')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the answer: table, wide, json or name; for `check` also sarif or junit')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: auto, always or never')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'Read a real dump that is built in')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'The answer alone: no notes about the input')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'The answer alone: no notes about the input')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'More: every fault of the input, chain names, line numbers')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'More: every fault of the input, chain names, line numbers')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'kubenat;man' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Only services of this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Only services of this namespace')
            [CompletionResult]::new('-m', '-m', [CompletionResultType]::ParameterName, 'Only services whose NAMESPACE/NAME:PORT matches this regular expression')
            [CompletionResult]::new('--match', '--match', [CompletionResultType]::ParameterName, 'Only services whose NAMESPACE/NAME:PORT matches this regular expression')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the answer: table, wide, json or name; for `check` also sarif or junit')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the answer: table, wide, json or name; for `check` also sarif or junit')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: auto, always or never')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'Read a real dump that is built in')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'The answer alone: no notes about the input')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'The answer alone: no notes about the input')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'More: every fault of the input, chain names, line numbers')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'More: every fault of the input, chain names, line numbers')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'kubenat;help' {
            [CompletionResult]::new('services', 'services', [CompletionResultType]::ParameterValue, 'List the services: addresses, pods, and the share each pod gets')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Explain one thing: a service, an address, a port, a chain or a check')
            [CompletionResult]::new('who', 'who', [CompletionResultType]::ParameterValue, 'Show everything that can send to a pod, with shares')
            [CompletionResult]::new('trace', 'trace', [CompletionResultType]::ParameterValue, 'Follow one packet through the tables, every branch weighted')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Look for what is wrong')
            [CompletionResult]::new('checks', 'checks', [CompletionResultType]::ParameterValue, 'List what `check` looks for')
            [CompletionResult]::new('convert', 'convert', [CompletionResultType]::ParameterValue, 'Write the same rules in another form')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Compare two dumps by meaning: what is new, gone, or different')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completions for a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print the manual page')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'kubenat;help;services' {
            break
        }
        'kubenat;help;explain' {
            break
        }
        'kubenat;help;who' {
            break
        }
        'kubenat;help;trace' {
            break
        }
        'kubenat;help;check' {
            break
        }
        'kubenat;help;checks' {
            break
        }
        'kubenat;help;convert' {
            break
        }
        'kubenat;help;diff' {
            break
        }
        'kubenat;help;completions' {
            break
        }
        'kubenat;help;man' {
            break
        }
        'kubenat;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
