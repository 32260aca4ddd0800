using System.Collections.Immutable;
using System.Text.Json;
using Kedge.Content.Packages;
using Kedge.ControlPlane.Manifests;
using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Core.Desired;
using Kedge.Core.Fleet;
using Kedge.Core.Models;
using Kedge.Core.Rollouts;
using Kedge.Core.Rollouts.Gates;
using Kedge.Store.Contracts;
using Kedge.Wire;
using Kedge.Wire.Desired;
using Kedge.Wire.Signing;

namespace Kedge.ControlPlane.Loops;

/// <summary>
/// Reads the fleet as the planner wants it. What was read once is kept parsed: deployments by their words, facts by the
/// time of the report, desired states by generation, manifests by digest. A row that cannot be read is left out and
/// named; the others go on.
/// One caller at a time.
/// </summary>
public sealed class FleetReader(IKedgeStore store, TenantId tenant, TimeProvider time)
{
    private readonly RolloutReader _rollouts = new(store, tenant);
    private readonly FiguresReader _figures = new(store, tenant);
    private readonly Dictionary<DeviceId, ParsedDevice> _parsed = [];
    private Dictionary<DeploymentId, ParsedSpec> _specs = [];
    private readonly Dictionary<Digest, PackageManifest> _packages = [];

    /// <summary>The rows of rollouts as they were read the last time: a plan changes them on their revisions.</summary>
    public ImmutableSortedDictionary<DeploymentId, RolloutRow> Rollouts => _rollouts.Rows;

    /// <summary>Rows that could not be read the last time.</summary>
    public ImmutableArray<QuarantinedRow> Quarantined { get; private set; } = [];

    /// <summary>
    /// Reads everything. The parts may be of slightly different moments: each commit is checked on its parents.
    /// Rollouts come first: a plan that was made from older ones than the rest cannot be committed.
    /// </summary>
    public async ValueTask<FleetSnapshot> ReadAsync(CancellationToken ct)
    {
        ImmutableArray<QuarantinedRow>.Builder quarantined = ImmutableArray.CreateBuilder<QuarantinedRow>();
        await _rollouts.ReadAsync(quarantined, ct).ConfigureAwait(false);
        ImmutableSortedSet<DeploymentId>.Builder frozen = ImmutableSortedSet.CreateBuilder<DeploymentId>();
        ImmutableArray<DeploymentSnapshot> deployments =
            await DeploymentsAsync(quarantined, frozen, ct).ConfigureAwait(false);
        ImmutableArray<DeviceSnapshot> devices = await DevicesAsync(quarantined, ct).ConfigureAwait(false);
        deployments = await WithRolloutsAsync(deployments, devices, ct).ConfigureAwait(false);
        devices = await _figures.WithFiguresAsync(deployments, devices, ct).ConfigureAwait(false);
        await LoadPackagesAsync(deployments, devices, ct).ConfigureAwait(false);
        deployments = [.. deployments.Select(WithReferences)];
        Quarantined = quarantined.ToImmutable();
        return new FleetSnapshot
        {
            Tenant = tenant,
            Deployments = deployments,
            Devices = devices,
            NowMs = time.GetUtcNow().ToUnixTimeMilliseconds(),
            Frozen = frozen.ToImmutable(),
            Packages = _packages.ToImmutableDictionary(),
        };
    }

    /// <summary>The same fleet with the figures that are kept now: they change without the store's revision.</summary>
    public async ValueTask<FleetSnapshot> WithFiguresAsync(FleetSnapshot snapshot, CancellationToken ct) =>
        snapshot with
        {
            Devices = await _figures.WithFiguresAsync(snapshot.Deployments, snapshot.Devices, ct).ConfigureAwait(false),
        };

    private async ValueTask<ImmutableArray<DeploymentSnapshot>> DeploymentsAsync(
        ImmutableArray<QuarantinedRow>.Builder quarantined,
        ImmutableSortedSet<DeploymentId>.Builder frozen,
        CancellationToken ct)
    {
        ImmutableArray<DeploymentSnapshot>.Builder found = ImmutableArray.CreateBuilder<DeploymentSnapshot>();
        Dictionary<DeploymentId, ParsedSpec> specs = new(_specs.Count);
        DeploymentId? after = null;
        while (true)
        {
            Page<DeploymentRow> page = await store.Deployments
                .ListAsync(tenant, after, Store.StoreLimits.PageRowsMax, ct).ConfigureAwait(false);
            quarantined.AddRange(page.Quarantined);
            frozen.UnionWith(RolloutReader.Frozen(page.Quarantined));
            foreach (DeploymentRow row in page.Items)
            {
                after = row.Id;
                bool isGoing = row.DeletedAtMs > 0;
                if (!isGoing && _rollouts.Unreadable.Contains(row.Id))
                {
                    frozen.Add(row.Id);
                }
                else if ((specs[row.Id] = Parse(row)).Spec is { } spec)
                {
                    found.Add(new DeploymentSnapshot(spec, row.SpecRevision, isGoing));
                }
                else
                {
                    frozen.Add(row.Id);
                    quarantined.Add(new QuarantinedRow("deployments", row.Id.ToString(), "its spec cannot be read"));
                }
            }

            if (page.Next is null || page.Items.IsEmpty)
            {
                _specs = specs;
                return found.ToImmutable();
            }
        }
    }

    private ParsedSpec Parse(DeploymentRow row)
    {
        if (_specs.TryGetValue(row.Id, out ParsedSpec? parsed) && parsed.Json == row.SpecJson)
        {
            return parsed;
        }

        bool isReadable = DeploymentFormat.TryRead(row.SpecJson, out DeploymentSpec? spec);
        return new ParsedSpec(row.SpecJson, isReadable ? spec : null);
    }

    private async ValueTask<ImmutableArray<DeploymentSnapshot>> WithRolloutsAsync(
        ImmutableArray<DeploymentSnapshot> deployments, ImmutableArray<DeviceSnapshot> devices, CancellationToken ct)
    {
        ImmutableArray<DeploymentSnapshot>.Builder found =
            ImmutableArray.CreateBuilder<DeploymentSnapshot>(deployments.Length);
        foreach (DeploymentSnapshot deployment in deployments)
        {
            found.Add(deployment.Deleting
                ? deployment
                : deployment with
                {
                    Rollout = await _rollouts.FindAsync(deployment, devices, ct).ConfigureAwait(false),
                });
        }

        return found.MoveToImmutable();
    }

    private async ValueTask<ImmutableArray<DeviceSnapshot>> DevicesAsync(
        ImmutableArray<QuarantinedRow>.Builder quarantined, CancellationToken ct)
    {
        ImmutableArray<DeviceSnapshot>.Builder found = ImmutableArray.CreateBuilder<DeviceSnapshot>();
        DeviceQuery query = new();
        while (true)
        {
            Page<DeviceRow> page = await store.Devices.ListAsync(tenant, query, ct).ConfigureAwait(false);
            quarantined.AddRange(page.Quarantined);
            foreach (DeviceRow row in page.Items)
            {
                query = query with { After = row.Id };
                if (await SnapshotAsync(row, ct).ConfigureAwait(false) is DeviceSnapshot device)
                {
                    found.Add(device);
                }
                else
                {
                    quarantined.Add(new QuarantinedRow("desired", row.Id.ToString(), "its state cannot be read"));
                }
            }

            if (page.Next is null || page.Items.IsEmpty)
            {
                Forget(found);
                return found.ToImmutable();
            }
        }
    }

    private async ValueTask<DeviceSnapshot?> SnapshotAsync(DeviceRow row, CancellationToken ct)
    {
        if (!_parsed.TryGetValue(row.Id, out ParsedDevice? parsed))
        {
            parsed = new ParsedDevice();
            _parsed[row.Id] = parsed;
        }

        if (parsed.FactsJson != row.FactsJson)
        {
            parsed.FactsJson = row.FactsJson;
            parsed.Facts = ParseFacts(row.FactsJson);
        }

        if (parsed.Content != row.Desired.Content || parsed.Generation != row.Desired.Generation)
        {
            if (row.Desired.Generation == Generation.None)
            {
                parsed.Workloads = [];
            }
            else if (await WorkloadsAsync(row.Id, ct).ConfigureAwait(false) is { } workloads)
            {
                parsed.Workloads = workloads;
            }
            else
            {
                return null;
            }

            parsed.Content = row.Desired.Content;
            parsed.Generation = row.Desired.Generation;
            parsed.StatusJson = null;
        }

        if (parsed.StatusJson != row.StatusJson)
        {
            parsed.StatusJson = row.StatusJson;
            parsed.Reported = ReportedWorkloads.Read(row.StatusJson, parsed.Workloads);
            parsed.Conflicting = ReportedWorkloads.Conflicting(row.StatusJson);
        }

        return new DeviceSnapshot
        {
            Id = row.Id,
            Key = row.Key,
            Labels = row.Labels,
            Facts = parsed.Facts,
            Cordoned = row.Cordoned,
            Revoked = row.RevokedAtMs > 0,
            Generation = row.Desired.Generation,
            Floor = parsed.Conflicting == row.Desired.Generation && parsed.Conflicting != Generation.None
                ? parsed.Conflicting.Next
                : row.Desired.Floor,
            DesiredKey = row.Desired.DeviceKey,
            Desired = parsed.Workloads,
            Online = row.Connected,
            Reported = parsed.Reported,
        };
    }

    private async ValueTask<ImmutableArray<WorkloadSpec>?> WorkloadsAsync(DeviceId device, CancellationToken ct)
    {
        DesiredRow? row = await store.Desired.FindAsync(tenant, device, ct).ConfigureAwait(false);
        return row is not null && SignedMessage.TryParse(row.Signed.AsMemory(), out _) is { } signed
            ? DesiredMessage.TryRead(signed.Body, out _)?.Workloads
            : null;
    }

    private DeploymentSnapshot WithReferences(DeploymentSnapshot deployment) =>
        deployment.Spec.Strategy.Gates.Drift is null
            ? deployment
            : deployment with { References = DriftJudge.References(deployment.Spec, _packages) };

    private async ValueTask LoadPackagesAsync(
        ImmutableArray<DeploymentSnapshot> deployments, ImmutableArray<DeviceSnapshot> devices, CancellationToken ct)
    {
        // Of the stable revision too: perhaps no device has it any more when all must go back to it.
        HashSet<Digest> named =
        [
            .. deployments.SelectMany(d => d.Spec.Served).Select(m => m.Digest),
            .. deployments.SelectMany(d => d.Rollout?.Stable?.Spec.Served ?? []).Select(m => m.Digest),
        ];
        named.UnionWith(devices.SelectMany(d => d.Desired).SelectMany(w => w.Models).Select(m => m.Package));
        foreach (Digest digest in _packages.Keys.Where(known => !named.Contains(known)).ToArray())
        {
            _packages.Remove(digest);
        }

        foreach (Digest digest in named.Where(digest => !digest.IsNone && !_packages.ContainsKey(digest)))
        {
            PackageContent? content = await store.Packages.FindAsync(tenant, digest, ct).ConfigureAwait(false);
            if (content is not null
                && PackageFormat.TryRead(
                    System.Text.Encoding.UTF8.GetBytes(content.ManifestJson), out PackageManifest? manifest, out _)
                && manifest is not null)
            {
                _packages[digest] = manifest;
            }
        }
    }

    private void Forget(ImmutableArray<DeviceSnapshot>.Builder found)
    {
        if (_parsed.Count == found.Count)
        {
            return;
        }

        HashSet<DeviceId> there = [.. found.Select(d => d.Id)];
        foreach (DeviceId gone in _parsed.Keys.Where(id => !there.Contains(id)).ToArray())
        {
            _parsed.Remove(gone);
        }
    }

    private static DeviceFacts? ParseFacts(string json)
    {
        try
        {
            return json.Length == 0 ? null : JsonSerializer.Deserialize(json, WireJson.Default.DeviceFacts);
        }
        catch (JsonException)
        {
            // Facts that cannot be read are facts that are not there: the device is asked nothing new until it says
            // more.
            return null;
        }
    }

    private sealed record ParsedSpec(string Json, DeploymentSpec? Spec);

    private sealed class ParsedDevice
    {
        public string FactsJson { get; set; } = "";

        public DeviceFacts? Facts { get; set; }

        /// <summary>The status that was read, for these workloads; null for none yet.</summary>
        public string? StatusJson { get; set; }

        public ImmutableSortedDictionary<DeploymentId, WorkloadReport> Reported { get; set; } =
            ImmutableSortedDictionary<DeploymentId, WorkloadReport>.Empty;

        /// <summary>What it holds with other content than what it is sent under that number.</summary>
        public Generation Conflicting { get; set; }

        public Digest Content { get; set; }

        public Generation Generation { get; set; }

        public ImmutableArray<WorkloadSpec> Workloads { get; set; } = [];
    }
}
