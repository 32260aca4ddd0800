using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.Cli.Output;

namespace Kedge.Cli.Commands;

/// <summary>A rollout in words.</summary>
internal static class RolloutText
{
    /// <summary>The whole of it for programs.</summary>
    public static string Whole(RolloutResource rollout, OutputFormat format) => NodeText.Write(
        JsonSerializer.SerializeToNode(rollout, ApiJson.Default.RolloutResource) ?? new JsonObject(), format);

    /// <summary>Where it stands, in one line.</summary>
    public static string Line(RolloutResource rollout) => rollout.Phase switch
    {
        "Complete" => Text(
            $"revision {rollout.Target} is complete: {Of(rollout.Serving, rollout)} serve it{Away(rollout)}"),
        "RollingBack" => Text(
            $"revision {rollout.Target} goes back to {Stable(rollout)}: {Of(rollout.Serving, rollout)} serve that, ")
            + Text($"{rollout.Changing} changing, {rollout.Failed} failed"),
        "RolledBack" => Text($"revision {rollout.Target} went back to {Stable(rollout)}{BackOn(rollout)}"),
        _ => Text(
            $"revision {rollout.Target}, {Wave(rollout)}{(rollout.Phase == "Paused" ? ", paused" : "")}: ")
            + Text($"{Of(rollout.Exposed, rollout)} have it, {rollout.Serving} serving, ")
            + Text($"{rollout.Changing} changing, {rollout.Failed} failed{Away(rollout)}"),
    };

    /// <summary>The phase with the wave that runs: <c>Progressing, wave 2 of 4</c>.</summary>
    public static string Phase(RolloutResource rollout) =>
        rollout.Wave > 0 ? $"{rollout.Phase}, {Wave(rollout)}" : rollout.Phase;

    /// <summary>The same of a deployment in a list.</summary>
    public static string Phase(RolloutSummary? rollout) => rollout switch
    {
        null => "",
        { Wave: > 0 } => Text($"{rollout.Phase}, wave {rollout.Wave}"),
        _ => rollout.Phase,
    };

    /// <summary>Where it stands, in a block of lines.</summary>
    /// <param name="rollout">Which.</param>
    /// <param name="nowMs">Now, Unix ms.</param>
    /// <param name="colour">True to colour words that say how things stand.</param>
    public static FieldBlock Block(RolloutResource rollout, long nowMs, bool colour)
    {
        string promoted = rollout is { Promoted: true, Wave: > 0 } ? ", promoted" : "";
        FieldBlock block = new FieldBlock()
            .Add("Rollout", $"deployment/{rollout.Deployment}")
            .Add("Phase", Phase(rollout) + promoted + (rollout.WaveLimit > 0
                ? Text($" (up to {rollout.WaveLimit} {(rollout.WaveLimit == 1 ? "device" : "devices")})")
                : ""))
            .Add("Revision", Text($"{rollout.Target}") + (rollout.Stable > 0
                ? Text($", stable is {rollout.Stable}")
                : ""))
            .Add("Devices", Text(
                $"{Of(rollout.Exposed, rollout)} have revision {rollout.Target}; {rollout.Serving} serving, ")
                + Text($"{rollout.Changing} changing, {rollout.Failed} failed, {rollout.Away} away"))
            .AddIf("Since", When(rollout.ChangedAtMs, nowMs))
            .AddIf("Soaks until", Until(rollout.SoakUntilMs, nowMs))
            .AddIf("Deadline", Until(rollout.DeadlineMs, nowMs))
            .AddIf("Reason", OneLine(Reason(rollout)));
        foreach (string wait in rollout.Waits)
        {
            block.Add("Waits for", OneLine(wait));
        }

        return rollout.Gates.Count > 0 ? block.AddTable("Gates", Gates(rollout), colour) : block;
    }

    /// <summary>What each gate says now.</summary>
    public static TextTable Gates(RolloutResource rollout)
    {
        TextTable table = new("GATE", "STANDING", "FIGURES");
        foreach (RolloutGateResource gate in rollout.Gates)
        {
            string standing = gate.Standing switch
            {
                "waiting" => "Waiting",
                "passing" => "Passing",
                "failed" => "Failed",
                _ => gate.Standing,
            };
            table.Add(gate.Gate, standing, gate.Text);
        }

        return table;
    }

    /// <summary>The devices, all or those that do not serve what they are to.</summary>
    public static TextTable Devices(RolloutResource rollout, bool all)
    {
        TextTable table = new("DEVICE", "ONLINE", "REVISION", "STANDING", "WHY");
        long brings = rollout.Phase is "RollingBack" or "RolledBack" ? rollout.Stable : rollout.Target;
        foreach (RolloutDeviceResource device in rollout.Devices)
        {
            if (all || device.Revision != brings || device.Standing != "Serving")
            {
                table.Add(
                    device.Device,
                    device.Online ? "yes" : "no",
                    device.Revision > 0 ? Text($"{device.Revision}") : "",
                    device.Standing,
                    device.Why);
            }
        }

        return table;
    }

    /// <summary>Code and sentence of why it is paused or went back; empty when all is well.</summary>
    public static string Reason(RolloutResource rollout) =>
        rollout.Code.Length > 0 ? $"{rollout.Code}: {rollout.Reason}" : "";

    /// <summary>The answer to <c>kedge rollout pause</c>.</summary>
    public static string Paused(RolloutResource rollout) => Text(
        $"revision {rollout.Target} paused in {Wave(rollout)}: {Of(rollout.Exposed, rollout)} have it and keep it");

    /// <summary>The answer to <c>kedge rollout resume</c>.</summary>
    public static string Resumed(RolloutResource rollout) =>
        Text($"revision {rollout.Target} resumed in {Wave(rollout)}");

    /// <summary>The answer to <c>kedge rollout promote</c>.</summary>
    public static string Promoted(RolloutResource rollout) =>
        Text($"revision {rollout.Target} promoted: {Of(rollout.Exposed, rollout)} have it, the rest follow now");

    /// <summary>The answer to <c>kedge rollout abort</c>.</summary>
    public static string Aborted(RolloutResource rollout) =>
        Text($"revision {rollout.Target} aborted: ") + (rollout.Stable > 0
            ? Text($"every device goes back to revision {rollout.Stable}")
            : "every device stops it, as no revision was stable before");

    private static string OneLine(string text) => Printer.Clean(text).ReplaceLineEndings(" ");

    private static string Wave(RolloutResource rollout) =>
        rollout.Waves > 0 ? Text($"wave {rollout.Wave} of {rollout.Waves}") : Text($"wave {rollout.Wave}");

    private static string Stable(RolloutResource rollout) =>
        rollout.Stable > 0 ? Text($"revision {rollout.Stable}") : "nothing, as no revision was stable before";

    private static string BackOn(RolloutResource rollout) =>
        rollout.Stable > 0 ? Text($": {Of(rollout.Serving, rollout)} serve that{Away(rollout)}") : "";

    private static string Away(RolloutResource rollout) => rollout.Away > 0 ? Text($", {rollout.Away} away") : "";

    private static string Of(int some, RolloutResource rollout) =>
        Text($"{some} of {rollout.Total} {(rollout.Total == 1 ? "device" : "devices")}");

    private static string When(long atMs, long nowMs) =>
        atMs > 0 ? $"{Ages.Moment(atMs)} ({Ages.Since(atMs, nowMs)} ago)" : "";

    private static string Until(long atMs, long nowMs) =>
        atMs > 0 ? $"{Ages.Moment(atMs)} ({(atMs > nowMs ? "in " + Ages.Until(atMs, nowMs) : "over")})" : "";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
