using System.CommandLine;
using Kedge.Cli.Kinds;
using Kedge.Cli.Running;

namespace Kedge.Cli.Commands;

/// <summary><c>kedge wait deployment NAME --for=serving</c>: waits until something is so.</summary>
internal static class WaitCommand
{
    public static Command Create(CommandAction action)
    {
        Argument<string[]> words = new("KIND")
        {
            Description = "deployment or device, then a name; or KIND/NAME.",
            Arity = new ArgumentArity(1, 2),
        };
        Option<string> condition = new("--for")
        {
            Description = "deployment: serving (its newest revision on every chosen device) or deleted; "
                + "device: ready (all its workloads serve), connected or deleted.",
            HelpName = "CONDITION",
            Required = true,
        };
        condition.AcceptOnlyFromAmong("serving", "ready", "connected", "deleted");
        Option<string> timeout = RolloutCommand.Timeout();
        Command command = new("wait", "Wait until something is so.") { words, condition, timeout };
        action.Bind(command, (session, ct) =>
        {
            (ResourceKind kind, var names) = ResourceKinds.Split(session.Get(words) ?? []);
            if (names.Length != 1)
            {
                throw new CliException(CliErrors.Usage, "name one object to wait for", ExitCodes.Usage);
            }

            Waiting waiting = new(session, KeyValues.Time(session.Get(timeout) ?? "", "--timeout"));
            string wanted = session.Get(condition) ?? "";
            return (kind.Singular, wanted) switch
            {
                ("deployment", "serving") => waiting.ForServingAsync(names[0], isPatient: true, ct),
                ("deployment" or "device", "deleted") => waiting.ForGoneAsync(kind, names[0], ct),
                ("device", "ready" or "connected") => waiting.ForDeviceAsync(names[0], wanted, ct),
                _ => throw new CliException(
                    CliErrors.Usage, $"a {kind.Singular} cannot be waited for to be {wanted}", ExitCodes.Usage),
            };
        });
        return command;
    }
}
