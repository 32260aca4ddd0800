using System.Collections.Immutable;
using System.CommandLine;
using Kedge.Cli.Kinds;
using Kedge.Cli.Running;

namespace Kedge.Cli.Commands;

/// <summary><c>kedge describe KIND NAME</c>: everything about one object, for people.</summary>
internal static class DescribeCommand
{
    public static Command Create(CommandAction action)
    {
        Argument<string[]> words = new("KIND")
        {
            Description = "device, deployment, model or site, then names; or KIND/NAME.",
            Arity = ArgumentArity.OneOrMore,
        };
        Command command = new("describe", "Show everything about a device, deployment, model or site.") { words };
        action.Bind(command, async (session, ct) =>
        {
            (ResourceKind kind, ImmutableArray<string> names) = ResourceKinds.Split(session.Get(words) ?? []);
            if (names.IsEmpty)
            {
                throw new CliException(CliErrors.Usage, $"say which {kind.Singular} to describe", ExitCodes.Usage);
            }

            foreach (string name in names)
            {
                await DescribeAsync(session, kind, name, ct).ConfigureAwait(false);
            }
        });
        return command;
    }

    private static Task DescribeAsync(Session session, ResourceKind kind, string name, CancellationToken ct) =>
        kind.Singular switch
        {
            "device" => DeviceDescription.PrintAsync(session, name, ct),
            "deployment" => DeploymentDescription.PrintAsync(session, name, ct),
            "model" => ModelDescription.PrintAsync(session, name, ct),
            "site" => SiteDescription.PrintAsync(session, name, ct),
            _ => throw new CliException(
                CliErrors.Kind, $"{kind.Plural} are not described; use kedge get", ExitCodes.Usage),
        };
}
