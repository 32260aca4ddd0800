using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.Cli.Kinds;
using Kedge.Cli.Output;
using Kedge.Cli.Running;

namespace Kedge.Cli.Commands;

/// <summary><c>kedge rollout</c>: how a change comes to the devices, and back.</summary>
internal static class RolloutCommand
{
    public static Command Create(CommandAction action) =>
        new("rollout", "Follow, list, steer and undo changes of a deployment.")
    {
        Status(action),
        History(action),
        Steer(action, "pause", "Give the revision to nobody new until it is resumed.", RolloutText.Paused),
        Steer(action, "resume", "Let a paused rollout go on.", RolloutText.Resumed),
        Steer(action, "promote", "Give the revision to every device now.", RolloutText.Promoted),
        Steer(action, "abort", "Bring every device back to the stable revision.", RolloutText.Aborted),
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
            Description = "Wait until it is settled; false to look once. With -o it looks once unless this is given.",
            DefaultValueFactory = _ => true,
        };
        Option<bool> devices =
            new("--devices") { Description = "Show every device, not only those that do not serve." };
        Option<string> output = OutputOption.Create("json", "yaml");
        Command command = new("status", "Wait until every chosen device serves the newest revision, or cannot.")
        {
            name, timeout, watch, devices, output,
        };
        action.Bind(command, async (session, ct) =>
        {
            OutputFormat format = OutputOption.Parse(session.Get(output));
            bool isWaiting = session.Get(watch)
                && (format == OutputFormat.Table || session.Arguments.GetResult(watch) is { Implicit: false });
            TimeSpan time = isWaiting
                ? KeyValues.Time(session.Get(timeout) ?? "", "--timeout")
                : TimeSpan.Zero;
            string deployment = Of(session, name);
            bool hasWaves =
                (await session.Client.GetDeploymentAsync(deployment, ct).ConfigureAwait(false)).Rollout is not null;
            if (!hasWaves && format == OutputFormat.Table)
            {
                return await new Waiting(session, time).ForServingAsync(deployment, isPatient: false, ct)
                    .ConfigureAwait(false);
            }

            RolloutWatch follow = new(session, time) { Format = format, HasAllDevices = session.Get(devices) };
            return await follow.RunAsync(deployment, ct).ConfigureAwait(false);
        });
        return command;
    }

    private static Command History(CommandAction action)
    {
        Argument<string> name = Name();
        Option<string> output = OutputOption.Create("json", "yaml");
        Command command = new("history", "List the revisions of a deployment and how they ended.") { name, output };
        action.Bind(command, async (session, ct) =>
        {
            ResourceList<RevisionResource> history =
                await session.Client.GetHistoryAsync(Of(session, name), ct).ConfigureAwait(false);
            if (OutputOption.Parse(session.Get(output)) is not OutputFormat.Table and var format)
            {
                session.Print.Raw(NodeText.Write(
                    JsonSerializer.SerializeToNode(history, ApiJson.Default.ResourceListRevisionResource)!, format));
                return;
            }

            TextTable table = new("REVISION", "CURRENT", "ROLLOUT", "APPLIED", "MODELS");
            foreach (RevisionResource revision in history.Items)
            {
                table.Add(
                    revision.Revision.ToString(CultureInfo.InvariantCulture),
                    revision.Current ? "*" : " ",
                    revision.Phase,
                    Ages.Moment(revision.AppliedAtMs),
                    string.Join(", ", revision.Models.Select(
                        model => $"{model.Name}={model.Package} ({DeploymentKind.ShortDigest(model.Digest)})")));
            }

            session.Print.Table(table, "It has no revisions.");
        });
        return command;
    }

    private static Command Steer(
        CommandAction action, string verb, string description, Func<RolloutResource, string> answer)
    {
        Argument<string> name = Name();
        Option<string> output = OutputOption.Create("json", "yaml");
        Command command = new(verb, description) { name, output };
        action.Bind(command, async (session, ct) =>
        {
            string deployment = Of(session, name);
            RolloutResource rollout = await (verb switch
            {
                "pause" => session.Client.PauseRolloutAsync(deployment, ct),
                "resume" => session.Client.ResumeRolloutAsync(deployment, ct),
                "promote" => session.Client.PromoteRolloutAsync(deployment, ct),
                _ => session.Client.AbortRolloutAsync(deployment, ct),
            }).ConfigureAwait(false);
            if (OutputOption.Parse(session.Get(output)) is not OutputFormat.Table and var format)
            {
                session.Print.Raw(RolloutText.Whole(rollout, format));
                return;
            }

            session.Print.Line($"deployment/{rollout.Deployment} {answer(rollout)}");
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
        Option<string> output = OutputOption.Create("json", "yaml");
        Command command = new("undo", "Ask for an older revision again, as a new one.") { name, to, output };
        action.Bind(command, async (session, ct) =>
        {
            DeploymentResource deployment = await session.Client.UndoDeploymentAsync(
                Of(session, name), session.Get(to), ct).ConfigureAwait(false);
            if (OutputOption.Parse(session.Get(output)) is not OutputFormat.Table and var format)
            {
                session.Print.Raw(NodeText.Write(
                    JsonSerializer.SerializeToNode(deployment, ApiJson.Default.DeploymentResource)!, format));
                return;
            }

            string models = string.Join(", ", deployment.Models.Select(model => $"{model.Name}={model.Package}"));
            session.Print.Line(string.Create(
                CultureInfo.InvariantCulture,
                $"deployment/{deployment.Name} rolled back: revision {deployment.Revision} asks for {models}"));
        });
        return command;
    }
}
