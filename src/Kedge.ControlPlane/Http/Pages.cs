using System.Runtime.CompilerServices;
using Kedge.Core;
using Kedge.Store;
using Kedge.Store.Contracts;

namespace Kedge.ControlPlane.Http;

/// <summary>Whole lists, page by page.</summary>
internal static class Pages
{
    public static async IAsyncEnumerable<DeviceRow> DevicesAsync(
        ServerScope server, [EnumeratorCancellation] CancellationToken ct)
    {
        DeviceQuery query = new();
        while (true)
        {
            Page<DeviceRow> page = await server.Store.Devices.ListAsync(server.Tenant, query, ct).ConfigureAwait(false);
            foreach (DeviceRow row in page.Items)
            {
                query = query with { After = row.Id };
                yield return row;
            }

            if (page.Next is null || page.Items.IsEmpty)
            {
                yield break;
            }
        }
    }

    public static async Task<List<DeploymentRow>> DeploymentsAsync(ServerScope server, CancellationToken ct)
    {
        List<DeploymentRow> rows = [];
        DeploymentId? after = null;
        while (true)
        {
            Page<DeploymentRow> page = await server.Store.Deployments
                .ListAsync(server.Tenant, after, StoreLimits.PageRowsMax, ct).ConfigureAwait(false);
            rows.AddRange(page.Items);
            if (page.Next is null || page.Items.IsEmpty)
            {
                return rows;
            }

            after = page.Items[^1].Id;
        }
    }

    public static async Task<List<ModelRow>> ModelsAsync(ServerScope server, CancellationToken ct)
    {
        List<ModelRow> rows = [];
        string? after = null;
        while (true)
        {
            Page<ModelRow> page = await server.Store.Packages
                .ListModelsAsync(server.Tenant, after, StoreLimits.PageRowsMax, ct).ConfigureAwait(false);
            rows.AddRange(page.Items);
            if (page.Next is null || page.Items.IsEmpty)
            {
                return rows;
            }

            after = page.Items[^1].Name;
        }
    }
}
