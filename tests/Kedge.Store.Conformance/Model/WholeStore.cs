using System.Text;
using Kedge.Core;
using Kedge.Store.Conformance.Suites;
using Kedge.Store.Contracts;

namespace Kedge.Store.Conformance.Model;

/// <summary>All that can be read from a small store, as text.</summary>
public static class WholeStore
{
    private static readonly CancellationToken None = CancellationToken.None;

    public static async Task<string> ReadAsync(IKedgeStore store)
    {
        TenantId tenant = TenantId.Default;
        StringBuilder text = new();
        void Add(string what, object? value) => text.AppendLine($"{what}: {Describe.Of(value)}");

        Add("devices", await store.Devices.ListAsync(tenant, new DeviceQuery(), None));
        Add("heads", await store.Desired.ListAsync(tenant, new DeviceQuery(), None));
        foreach (string name in (string[])["d1", "d2", "d3"])
        {
            DeviceId device = new(name);
            Add($"device {name}", await store.Devices.FindAsync(tenant, device, None));
            Add($"desired {name}", await store.Desired.FindAsync(tenant, device, None));
            Add($"certificates {name}", (await store.Certificates.ListAsync(tenant, device, None))
                .OrderBy(c => c.Serial, StringComparer.Ordinal));
        }

        foreach (string name in (string[])["web", "db"])
        {
            Add($"history {name}", await store.Deployments.HistoryAsync(tenant, new DeploymentId(name), None));
            Add($"figures {name}", await store.Figures.ListAsync(tenant, new DeploymentId(name), null, 100, None));
        }

        Add("deployments", await store.Deployments.ListAsync(tenant, null, 100, None));
        Add("rollouts", await store.Rollouts.ListAsync(tenant, null, 100, None));
        Add("models", await store.Packages.ListModelsAsync(tenant, null, 100, None));
        Add("packages", await store.Packages.ListAsync(tenant, null, null, 100, None));
        Add("unused", await store.Chunks.ListUnusedAsync(tenant, long.MaxValue, default, 100, None));
        Add("tags", await store.Packages.TagHistoryAsync(tenant, "bearing", "v1", None));
        Add("tokens", await store.Tokens.ListAsync(tenant, null, 100, None));
        Add("sites", await store.Sites.ListAsync(tenant, null, 100, None));
        Add("policy", await store.Trust.ListAsync(tenant, TrustKind.SigningPolicy, None));
        Add("events", await store.Events.ListAsync(tenant, new EventQuery { RowsMax = 1000 }, None));
        Add("revoked", await store.Certificates.ListRevokedAsync(tenant, 0, None));
        return text.ToString();
    }
}
