using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.Cli.Output;
using Kedge.Cli.Running;
using Kedge.Core.Manifests;

namespace Kedge.Cli.Kinds;

/// <summary>Devices.</summary>
internal static class DeviceKind
{
    public static ResourceKind Kind { get; } = new()
    {
        Singular = "device",
        Plural = "devices",
        Aliases = ["dev"],
        Columns =
        [
            new("NAME"), new("STATUS"), new("LAST SEEN"), new("ARCH"), new("WORKLOADS"), new("SIMULATED"), new("AGE"),
            new("AGENT", IsWide: true), new("GENERATION", IsWide: true), new("CERTIFICATE", IsWide: true),
            new("LABELS", IsWide: true),
        ],
        List = ListAsync,
        Watch = WatchAsync,
        DeletePath = "devices",
        HasSelector = true,
    };

    /// <summary>How a device stands, with what else a person should know.</summary>
    public static string Status(DeviceResource device) =>
        device.Status + (device.Cordoned ? ",Cordoned" : "") + (device.Stale && device.Status != "Stale"
            ? ",Stale"
            : "");

    /// <summary>When it was heard: <c>now</c> while its link is up.</summary>
    public static string LastSeen(DeviceResource device) =>
        device.Connected ? "now" : Ages.Ago(device.LastSeenAgoMs);

    private static async Task<ImmutableArray<Listed>> ListAsync(Session session, ListQuery query, CancellationToken ct)
    {
        if (query.Name.Length > 0)
        {
            return [Show(await session.Client.GetDeviceAsync(query.Name, ct).ConfigureAwait(false), session.NowMs)];
        }

        ResourceList<DeviceResource> list =
            await session.Client.ListDevicesAsync(query.Selector, ct).ConfigureAwait(false);
        return [.. list.Items.Select(device => Show(device, session.NowMs))];
    }

    private static async IAsyncEnumerable<ListedChange> WatchAsync(
        Session session, ListQuery query, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (WatchEvent<DeviceResource> change in
            session.Client.WatchDevicesAsync(query.Selector, ct).ConfigureAwait(false))
        {
            if (change.Item is DeviceResource device)
            {
                yield return new ListedChange(Show(device, session.NowMs), change.Kind == WatchKind.Deleted);
            }
        }
    }

    private static Listed Show(DeviceResource device, long nowMs)
    {
        int serving = device.Workloads.Count(workload => workload.Phase == "serving");
        string generation = string.Create(
            CultureInfo.InvariantCulture, $"{device.ReportedGeneration}/{device.DesiredGeneration}");
        return new Listed(
            device.Name,
            [
                device.Name,
                Status(device),
                LastSeen(device),
                device.Architecture,
                string.Create(CultureInfo.InvariantCulture, $"{serving}/{device.Workloads.Count}"),
                device.Simulated ? "yes" : "no",
                Ages.Since(device.EnrolledAtMs, nowMs),
                device.AgentVersion,
                generation,
                device.CertificateExpiresAtMs > 0 ? Ages.Until(device.CertificateExpiresAtMs, nowMs) : "",
                ResourceObject.Text(device.Labels),
            ],
            () => ResourceObject.Of(
                ManifestKinds.Device,
                device.Name,
                device.Labels,
                new JsonObject { ["cordoned"] = device.Cordoned },
                ResourceObject.Fields(device, ApiJson.Default.DeviceResource, "name", "labels", "cordoned")));
    }
}
