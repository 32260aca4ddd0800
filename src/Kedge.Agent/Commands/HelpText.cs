namespace Kedge.Agent.Commands;

/// <summary>What <c>kedge-agent --help</c> prints.</summary>
internal static class HelpText
{
    internal const string Text = """
        kedge-agent supervises the models of one device.

        kedge-agent enroll --token TOKEN [--server HOST:PORT] [--name NAME] [--label KEY=VALUE]... [--data DIR]
        kedge-agent run [--data DIR] [--serve FILE] [--runtime-library FILE] [--metrics-port PORT]
                        [--loopback-address ADDRESS] [--inventory-root DIR]
        kedge-agent status [--data DIR] [-o json]
        kedge-agent doctor [--data DIR] [--serve FILE] [--runtime-library FILE]
        kedge-agent hold [--reason TEXT] [--for TIME] [--data DIR]
        kedge-agent release [--data DIR]
        kedge-agent stop [--data DIR]
        kedge-agent --version | --help

        DIR is /var/lib/kedge unless it is given. The token may come in KEDGE_ENROL_TOKEN instead.
        """;
}
