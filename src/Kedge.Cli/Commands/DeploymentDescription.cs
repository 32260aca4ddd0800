using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kedge.Api.Resources;
using Kedge.Cli.Kinds;
using Kedge.Cli.Output;
using Kedge.Cli.Running;
using Kedge.Core.Manifests;

namespace Kedge.Cli.Commands;

/// <summary>Everything about a deployment, for people.</summary>
internal static class DeploymentDescription
{
    private const int EventsMax = 10;

    public static async Task PrintAsync(Session session, string name, CancellationToken ct)
    {
        DeploymentResource deployment = await session.Client.GetDeploymentAsync(name, ct).ConfigureAwait(false);
        ResourceList<DeviceResource> devices = await session.Client.ListDevicesAsync("", ct).ConfigureAwait(false);
        var events = await EventKind.ListAsync(session, "", EventKind.LimitDefault, ct).ConfigureAwait(false);
        RolloutResource? rollout = deployment is { Rollout: not null, Deleting: false }
            ? await session.Client.GetRolloutAsync(name, ct).ConfigureAwait(false)
            : null;
        ExplanationResource placement =
            await session.Client.ExplainDeploymentAsync(name, ct).ConfigureAwait(false);
        bool colour = session.World.HasColour;
        FieldBlock block = new FieldBlock()
            .Add("Name", deployment.Name)
            .Add("Labels", ResourceObject.Text(deployment.Labels))
            .Add("Revision", deployment.Revision.ToString(CultureInfo.InvariantCulture))
            .Add("Applied", Ages.Moment(deployment.AppliedAtMs))
            .Add("Endpoint", deployment.Endpoint)
            .Add("Devices", string.Create(
                CultureInfo.InvariantCulture,
                $"{deployment.Ready} of {deployment.Devices} ready, {deployment.Outdated} outdated, "
                + $"{deployment.Failing} failing"))
            .AddIf("Rollout", rollout is null ? "" : $"{RolloutText.Phase(rollout)}: {RolloutText.Line(rollout)}")
            .AddIf("Reason", rollout is null ? "" : RolloutText.Reason(rollout))
            .AddIf("Waits for", rollout is null ? "" : string.Join("; ", rollout.Waits))
            .AddIf("Deleting", deployment.Deleting ? "yes" : "")
            .AddTable("Models", Models(deployment), colour)
            .AddTable("On devices", Devices(devices.Items, name), colour)
            .AddTable("Not on devices", Unfit(placement), colour)
            .AddTable(
                "Events",
                EventsCommand.Table(
                    events.Where(item => item.Cells[4] == name).TakeLast(EventsMax), OutputFormat.Table),
                colour);
        session.Print.Raw(block.ToString());
        if (deployment.Manifest is JsonElement manifest
            && JsonObject.Create(manifest)?["spec"] is JsonNode spec)
        {
            session.Print.Line("Spec:");
            foreach (string line in ManifestText.ToYaml(NodeText.ToManifest(spec)).TrimEnd('\n').Split('\n'))
            {
                session.Print.Line("  " + line);
            }
        }
    }

    private static TextTable Models(DeploymentResource deployment)
    {
        if (deployment.Models.All(static model => model.Version.Length == 0))
        {
            TextTable single = new("NAME", "PACKAGE", "DIGEST");
            foreach (DeploymentModelResource model in deployment.Models)
            {
                single.Add(model.Name, model.Package, model.Digest);
            }

            return single;
        }

        TextTable table = new("NAME", "VERSION", "PACKAGE", "DIGEST");
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (DeploymentModelResource model in deployment.Models)
        {
            string asked = seen.Add(model.Name) ? ", answers unasked" : "";
            table.Add(
                model.Name,
                model.Version.Length == 0 ? "-" : model.Version + asked,
                model.Package,
                model.Digest);
        }

        return table;
    }

    /// <summary>Devices that it is meant for and that cannot run it, or not this revision of it.</summary>
    private static TextTable Unfit(ExplanationResource placement)
    {
        TextTable table = new("DEVICE", "VERDICT", "CODE", "WHY");
        foreach (DeviceExplanation device in placement.Devices.Where(static one => one.Code.Length > 0))
        {
            table.Add(device.Device, device.Verdict, device.Code, string.Join("; ", device.Reasons));
        }

        return table;
    }

    private static TextTable Devices(IReadOnlyList<DeviceResource> devices, string name)
    {
        TextTable table = new("DEVICE", "PHASE", "SERVING", "REVISION", "LAST SEEN", "PROBLEM");
        foreach (DeviceResource device in devices)
        {
            foreach (WorkloadResource workload in device.Workloads.Where(workload => workload.Deployment == name))
            {
                table.Add(
                    device.Name,
                    workload.Phase,
                    string.Join(',', workload.ServingPackages),
                    string.Create(
                        CultureInfo.InvariantCulture, $"{workload.ServingRevision}/{workload.TargetRevision}"),
                    DeviceKind.LastSeen(device),
                    workload.Problem is ErrorResource problem ? $"{problem.Code}: {problem.Message}" : "");
            }
        }

        return table;
    }
}
