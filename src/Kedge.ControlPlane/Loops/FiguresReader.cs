using System.Collections.Immutable;
using Kedge.ControlPlane.Manifests;
using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Core.Measure;
using Kedge.Core.Rollouts;
using Kedge.Store.Contracts;

namespace Kedge.ControlPlane.Loops;

/// <summary>
/// Reads what devices measured, of those deployments only whose rollout has gates and is under way. What was read once
/// is kept parsed by its text. A row that cannot be read counts as empty: its device replaces it with the next telling.
/// One caller at a time.
/// </summary>
internal sealed class FiguresReader(IKedgeStore store, TenantId tenant)
{
    private Dictionary<(DeploymentId, DeviceId), Parsed> _parsed = [];

    /// <summary>True when the figures of a deployment can move its rollout.</summary>
    public static bool IsOnTrial(DeploymentSnapshot deployment) => !deployment.Deleting
        && deployment.Spec.Strategy is { Kind: StrategyKind.Waves, Gates.IsEmpty: false }
        && (deployment.Rollout is not { } rollout || rollout.Target != deployment.Revision
            || rollout.Phase is RolloutPhase.Progressing or RolloutPhase.Paused);

    /// <summary>The devices with the figures that are kept now.</summary>
    public async ValueTask<ImmutableArray<DeviceSnapshot>> WithFiguresAsync(
        ImmutableArray<DeploymentSnapshot> deployments, ImmutableArray<DeviceSnapshot> devices, CancellationToken ct)
    {
        Dictionary<(DeploymentId, DeviceId), Parsed> parsed = [];
        Dictionary<DeviceId, ImmutableSortedDictionary<DeploymentId, ImmutableArray<FigureWindow>>> found = [];
        foreach (DeploymentSnapshot deployment in deployments.Where(IsOnTrial))
        {
            await foreach (FiguresRow row in RowsAsync(deployment.Spec.Id, ct).ConfigureAwait(false))
            {
                Parsed one = Parse(row);
                parsed[(row.Deployment, row.Device)] = one;
                if (!one.Windows.IsEmpty)
                {
                    found[row.Device] = found.GetValueOrDefault(
                            row.Device, ImmutableSortedDictionary<DeploymentId, ImmutableArray<FigureWindow>>.Empty)
                        .SetItem(row.Deployment, one.Windows);
                }
            }
        }

        _parsed = parsed;
        return found.Count == 0 && devices.All(static d => d.Figures.IsEmpty)
            ? devices
            : [.. devices.Select(d => With(d, found))];
    }

    private static DeviceSnapshot With(
        DeviceSnapshot device,
        Dictionary<DeviceId, ImmutableSortedDictionary<DeploymentId, ImmutableArray<FigureWindow>>> found)
    {
        bool hasSome = found.TryGetValue(device.Id, out var figures);
        return hasSome || !device.Figures.IsEmpty
            ? device with
            {
                Figures = figures ?? ImmutableSortedDictionary<DeploymentId, ImmutableArray<FigureWindow>>.Empty,
            }
            : device;
    }

    private async IAsyncEnumerable<FiguresRow> RowsAsync(
        DeploymentId deployment, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        DeviceId? after = null;
        bool isMore = true;
        while (isMore)
        {
            Page<FiguresRow> page = await store.Figures
                .ListAsync(tenant, deployment, after, Store.StoreLimits.PageRowsMax, ct).ConfigureAwait(false);
            foreach (FiguresRow row in page.Items)
            {
                yield return row;
            }

            isMore = DeviceId.TryParse(page.Next ?? "", out DeviceId next);
            after = next;
        }
    }

    private Parsed Parse(FiguresRow row) =>
        _parsed.TryGetValue((row.Deployment, row.Device), out Parsed? known) && known.Json == row.Json
            ? known
            : new Parsed(row.Json, FiguresRowFormat.Read(row.Json, row.Deployment));

    private sealed record Parsed(string Json, ImmutableArray<FigureWindow> Windows);
}
