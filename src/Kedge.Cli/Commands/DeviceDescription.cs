using System.Globalization;
using System.Text.Json;
using Kedge.Api.Resources;
using Kedge.Cli.Kinds;
using Kedge.Cli.Output;
using Kedge.Cli.Running;
using Kedge.Core.Manifests;

namespace Kedge.Cli.Commands;

/// <summary>Everything about a device, for people.</summary>
internal static class DeviceDescription
{
    private const int EventsMax = 10;

    public static async Task PrintAsync(Session session, string name, CancellationToken ct)
    {
        DeviceResource device = await session.Client.GetDeviceAsync(name, ct).ConfigureAwait(false);
        var events = await EventKind.ListAsync(session, name, EventsMax, ct).ConfigureAwait(false);
        ResourceList<ExplanationResource> placement =
            await session.Client.ExplainDeviceAsync(name, ct).ConfigureAwait(false);
        bool colour = session.World.HasColour;
        FieldBlock block = new();
        AddState(block, device, session.NowMs);
        block.AddTable("Workloads", Workloads(device), colour);
        foreach (WorkloadResource workload in device.Workloads)
        {
            block.AddIf("Problem", workload.Problem is ErrorResource problem
                ? $"{workload.Deployment}: {problem.Code}: {problem.Message}"
                : "");
            block.AddIf("Swap", workload.Swap.Length > 0 ? $"{workload.Deployment}: {workload.Swap}" : "");
            block.AddIf("Standby", workload.Standby.Length > 0 ? $"{workload.Deployment}: {workload.Standby}" : "");
        }

        block.AddTable("Not on it", Unfit(placement), colour);
        block.AddTable("Events", EventsCommand.Table(events, OutputFormat.Table), colour);
        session.Print.Raw(block.ToString());
        if (device.Facts is JsonElement facts)
        {
            session.Print.Line(device.Simulated ? "Facts (simulated: read from a captured tree):" : "Facts:");
            string yaml = ManifestText.ToYaml(
                NodeText.ToManifest(System.Text.Json.Nodes.JsonObject.Create(facts)));
            foreach (string line in yaml.TrimEnd('\n').Split('\n'))
            {
                session.Print.Line("  " + line);
            }
        }
    }

    private static void AddState(FieldBlock block, DeviceResource device, long nowMs)
    {
        string generation = string.Create(
            CultureInfo.InvariantCulture,
            $"{device.ReportedGeneration} of {device.DesiredGeneration}{(device.Settled ? ", settled" : "")}");
        string seen = device.Connected ? "now, connected" : Ages.Ago(device.LastSeenAgoMs)
            + (device.LastSeenAgoMs >= 0 ? " ago" : "") + (device.Stale
                ? ", stale: what is below may no longer be so"
                : "");
        block.Add("Name", device.Name)
            .Add("Labels", ResourceObject.Text(device.Labels))
            .Add("Status", DeviceKind.Status(device))
            .Add("Last seen", seen)
            .AddIf("Simulated", device.Simulated ? "yes" : "")
            .Add("Architecture", device.Architecture)
            .Add("Agent", device.AgentVersion)
            .Add("Generation", generation)
            .AddIf("Refused", device.Refused is ErrorResource refused ? $"{refused.Code}: {refused.Message}" : "")
            .Add("Key", device.KeyId)
            .Add("Enrolled", Ages.Moment(device.EnrolledAtMs))
            .Add("Certificate", $"ends {Ages.Moment(device.CertificateExpiresAtMs)}, "
                + $"in {Ages.Until(device.CertificateExpiresAtMs, nowMs)}");
    }

    /// <summary>Deployments that are meant for it and that it cannot run, or not this revision of them.</summary>
    private static TextTable Unfit(ResourceList<ExplanationResource> placement)
    {
        TextTable table = new("DEPLOYMENT", "VERDICT", "CODE", "WHY");
        foreach (ExplanationResource deployment in placement.Items)
        {
            foreach (DeviceExplanation device in deployment.Devices.Where(static one => one.Code.Length > 0))
            {
                table.Add(deployment.Deployment, device.Verdict, device.Code, string.Join("; ", device.Reasons));
            }
        }

        return table;
    }

    private static TextTable Workloads(DeviceResource device)
    {
        TextTable table = new("DEPLOYMENT", "PHASE", "SERVING", "REVISION", "ENDPOINT", "INSTANCE", "PID");
        foreach (WorkloadResource workload in device.Workloads)
        {
            table.Add(
                workload.Deployment,
                workload.Phase,
                string.Join(',', workload.ServingPackages),
                string.Create(CultureInfo.InvariantCulture, $"{workload.ServingRevision}/{workload.TargetRevision}"),
                workload.Endpoint,
                workload.Instance,
                workload.Pid > 0 ? workload.Pid.ToString(CultureInfo.InvariantCulture) : "");
        }

        return table;
    }
}
