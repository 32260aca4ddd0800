using System.CommandLine;

namespace Kedge.Cli.Serving;

/// <summary>What <c>kedge up</c> takes beside what <c>kedge server</c> takes.</summary>
internal sealed class UpArguments
{
    public ServerArguments Server { get; } = new("127.0.0.1:8443", "127.0.0.1:8883");

    public Option<string> Name { get; } = new("--name")
    {
        Description = "Name of the local device; made of the host's name when it is left out.",
        HelpName = "NAME",
    };

    public Option<string[]> Label { get; } = new("--label")
    {
        Description = "Label of the local device, as line=press; may be given more than once.",
        HelpName = "KEY=VALUE",
    };

    public Option<string> Agent { get; } = new("--agent")
    {
        Description = "The agent's program; found beside this one, under out/publish or on the PATH when it is "
            + "left out.",
        HelpName = "FILE",
    };

    public Option<bool> KeepWorkloads { get; } = new("--keep-workloads")
    {
        Description = "Leave model servers running when this ends; the next start adopts them.",
    };

    public void AddTo(Command command)
    {
        Server.AddTo(command);
        command.Add(Name);
        command.Add(Label);
        command.Add(Agent);
        command.Add(KeepWorkloads);
    }
}
