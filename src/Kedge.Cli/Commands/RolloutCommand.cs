using System.CommandLine;
using System.Globalization;
using Kedge.Api.Resources;
using Kedge.Cli.Kinds;
using Kedge.Cli.Output;
using Kedge.Cli.Running;

namespace Kedge.Cli.Commands;

/// <summary><c>kedge rollout</c>: how a change comes to the devices, and back.</summary>
internal static class RolloutCommand
{
    public static Command Create(CommandAction action) =>
        new("rollout", "Follow, list and undo changes of a deployment.")
    {
        Status(action),
        History(action),
        Undo(action),
    };

    /// <summary>The option <c>--timeout</c>, also of <c>wait</c>.</summary>
    public static Option<string> Timeout() => new("--timeout")
    {
        Description = "How long to wait, as 90s or 5m.",
        HelpName = "TIME",
        DefaultValueFactory = _ => "5m",
    };

    private static Argument<string> Name() => new("DEPLOYMENT") { Description = "deployment/NAME or NAME." };

    private static string Of(Session session, Argument<string> name) =>
        ResourceKinds.NameOf(DeploymentKind.Kind, session.Get(name) ?? "");

    private static Command Status(CommandAction action)
    {
        Argument<string> name = Name();
        Option<string> timeout = Timeout();
        Option<bool> watch = new("--watch", "-w")
        {
            Description = "Wait until it is settled; false to look once.",
            DefaultValueFactory = _ => true,
        };
        Command command = new("status", "Wait until every chosen device serves the newest revision, or cannot.")
        {
            name, timeout, watch,
        };
        action.Bind(command, (session, ct) =>
        {
            TimeSpan time = session.Get(watch)
                ? KeyValues.Time(session.Get(timeout) ?? "", "--timeout")
                : TimeSpan.Zero;
            return new Waiting(session, time).ForServingAsync(Of(session, name), isPatient: false, ct);
        });
        return command;
    }

    private static Command History(CommandAction action)
    {
        Argument<string> name = Name();
        Command command = new("history", "List the revisions of a deployment.") { name };
        action.Bind(command, async (session, ct) =>
        {
            ResourceList<RevisionResource> history =
                await session.Client.GetHistoryAsync(Of(session, name), ct).ConfigureAwait(false);
            TextTable table = new("REVISION", "CURRENT", "APPLIED", "MODELS");
            foreach (RevisionResource revision in history.Items)
            {
                table.Add(
                    revision.Revision.ToString(CultureInfo.InvariantCulture),
                    revision.Current ? "*" : " ",
                    Ages.Moment(revision.AppliedAtMs),
                    string.Join(", ", revision.Models.Select(
                        model => $"{model.Name}={model.Package} ({DeploymentKind.ShortDigest(model.Digest)})")));
            }

            session.Print.Table(table, "It has no revisions.");
        });
        return command;
    }

    private static Command Undo(CommandAction action)
    {
        Argument<string> name = Name();
        Option<long> to = new("--to-revision")
        {
            Description = "Revision to go back to; the one before the current when it is left out.",
            HelpName = "N",
        };
        Command command = new("undo", "Ask for an older revision again, as a new one.") { name, to };
        action.Bind(command, async (session, ct) =>
        {
            DeploymentResource deployment = await session.Client.UndoDeploymentAsync(
                Of(session, name), session.Get(to), ct).ConfigureAwait(false);
            string models = string.Join(", ", deployment.Models.Select(model => $"{model.Name}={model.Package}"));
            session.Print.Line(string.Create(
                CultureInfo.InvariantCulture,
                $"deployment/{deployment.Name} rolled back: revision {deployment.Revision} asks for {models}"));
        });
        return command;
    }
}
