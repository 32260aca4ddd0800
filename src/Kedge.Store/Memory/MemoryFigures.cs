using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Store.Contracts;

namespace Kedge.Store.Memory;

/// <summary>Figures in memory.</summary>
internal sealed class MemoryFigures(MemoryEngine engine) : IFiguresStore
{
    private static readonly ImmutableSortedDictionary<DeviceId, FiguresRow> None =
        ImmutableSortedDictionary<DeviceId, FiguresRow>.Empty;

    public ValueTask SaveManyAsync(
        TenantId tenant, IReadOnlyList<FiguresWrite> writes, CancellationToken cancellationToken)
    {
        StoreCheck.Figures(writes);
        engine.Write(tenant, scope =>
        {
            foreach (FiguresWrite write in writes)
            {
                Save(scope, write);
            }

            return true;
        });
        return ValueTask.CompletedTask;
    }

    public ValueTask<FiguresRow?> FindAsync(
        TenantId tenant, DeviceId device, DeploymentId deployment, CancellationToken cancellationToken) =>
        new(engine.Read(tenant).Figures.GetValueOrDefault(deployment, None).GetValueOrDefault(device));

    public ValueTask<Page<FiguresRow>> ListAsync(
        TenantId tenant,
        DeploymentId deployment,
        DeviceId? after,
        int rowsMax,
        CancellationToken cancellationToken)
    {
        StoreCheck.Tenant(tenant);
        StoreCheck.Rows(rowsMax);
        MemoryState state = engine.State;
        IEnumerable<FiguresRow> rows = state.Of(tenant).Figures.GetValueOrDefault(deployment, None).Values
            .Where(r => after is not { } key || r.Device.CompareTo(key) > 0);
        return new(MemoryPage.Of(rows, rowsMax, state.Revision, r => r.Device.ToString()));
    }

    /// <summary>Without the rows of a device that goes, or that is other hardware from now on.</summary>
    public static TenantState Without(TenantState tenant, DeviceId device) => tenant with
    {
        Figures = tenant.Figures.SetItems(
            tenant.Figures.Where(f => f.Value.ContainsKey(device))
                .Select(f => KeyValuePair.Create(f.Key, f.Value.Remove(device)))),
    };

    private static void Save(MemoryScope scope, FiguresWrite write)
    {
        TenantState tenant = scope.Tenant;
        if (!tenant.Devices.ContainsKey(write.Device) || !tenant.Deployments.ContainsKey(write.Deployment))
        {
            return;
        }

        FiguresRow row = new()
        {
            Device = write.Device,
            Deployment = write.Deployment,
            Json = write.Json,
            AtMs = write.AtMs,
        };
        scope.Tenant = tenant with
        {
            Figures = tenant.Figures.SetItem(
                write.Deployment, tenant.Figures.GetValueOrDefault(write.Deployment, None).SetItem(write.Device, row)),
        };
    }
}
