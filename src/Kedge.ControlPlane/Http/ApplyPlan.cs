using System.Collections.Immutable;
using System.Text;
using Kedge.Content.Packages;
using Kedge.ControlPlane.Auth;
using Kedge.ControlPlane.Content.Pace;
using Kedge.ControlPlane.Manifests;
using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Core.Errors;
using Kedge.Core.Manifests;
using Kedge.Core.Models;
using Kedge.Core.Rollouts;
using Kedge.Core.Rollouts.Gates;
using Kedge.Core.Sites;
using Kedge.Store.Contracts;

namespace Kedge.ControlPlane.Http;

/// <summary>Turns the objects of a manifest into changes of the store: tags become digests, here and once.</summary>
internal sealed class ApplyPlan(Call call)
{
    private static readonly ImmutableSortedDictionary<string, string> _nothing =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    private readonly List<Entry> _entries = [];
    private readonly Dictionary<DeviceId, ImmutableSortedDictionary<string, string>> _labels = [];

    /// <summary>The changes, in the order of the manifest's kinds.</summary>
    public List<ApplyChange> Changes { get; } = [];

    /// <summary>What is wrong that only the store could tell.</summary>
    public List<Finding> Findings { get; } = [];

    private ServerScope Server => call.Server;

    /// <summary>Adds every object. Tags come first, so that a deployment of the same manifest sees them.</summary>
    public async Task AddAsync(ManifestSet set)
    {
        foreach (Placed<SigningPolicyManifest> policy in set.SigningPolicies)
        {
            await AddPolicyAsync(policy.Spec, policy.Line).ConfigureAwait(false);
        }

        foreach (Placed<SiteSpec> site in set.Sites)
        {
            await AddSiteAsync(site.Spec, site.Line).ConfigureAwait(false);
        }

        Dictionary<string, Digest> tags = new(StringComparer.Ordinal);
        foreach (Placed<ModelManifest> model in set.Models)
        {
            foreach ((string tag, Digest digest) in model.Spec.Tags)
            {
                await AddTagAsync(model.Spec.Name, tag, digest, model.Line).ConfigureAwait(false);
                tags[$"{model.Spec.Name}:{tag}"] = digest;
            }

            if (model.Spec.Tags.IsEmpty)
            {
                await RequireModelAsync(model.Spec.Name, model.Line).ConfigureAwait(false);
            }
        }

        foreach (Placed<DeviceManifest> device in set.Devices)
        {
            _labels[device.Spec.Id] = device.Spec.Labels;
            await AddDeviceAsync(device.Spec, device.Line).ConfigureAwait(false);
        }

        foreach (Placed<DeploymentSpec> deployment in set.Deployments)
        {
            await AddDeploymentAsync(deployment.Spec, deployment.Line, tags).ConfigureAwait(false);
        }

        foreach (Placed<EnrollmentTokenManifest> token in set.Tokens)
        {
            await AddTokenAsync(token.Spec, token.Line).ConfigureAwait(false);
        }
    }

    /// <summary>Kind, name and line of a change.</summary>
    public (string Kind, string Name, int Line) Place(int index)
    {
        Entry entry = _entries.First(e => e.Change == index);
        return (entry.Kind, entry.Name, entry.Line);
    }

    /// <summary>What became of each object.</summary>
    public IEnumerable<Api.Resources.ApplyResult> Results(
        ImmutableArray<Store.Contracts.ApplyResult> results, bool diff, bool dryRun)
    {
        foreach (Entry entry in _entries)
        {
            Store.Contracts.ApplyResult? result = entry.Change < 0 ? null : results[entry.Change];
            yield return new Api.Resources.ApplyResult
            {
                Kind = entry.Kind,
                Name = entry.Name,
                Outcome = result?.Verdict switch
                {
                    null or ApplyVerdict.Unchanged => "unchanged",
                    ApplyVerdict.Created => "created",
                    ApplyVerdict.Updated => "configured",
                    ApplyVerdict.Unknown or _ => throw Check.Unreachable(result),
                },
                Revision = result is null ? 0 : Math.Max(result.SpecRevision, 0),
                Diff = diff ? ManifestDiff.Of(entry.Before, entry.After) : [],
                Token = dryRun ? null : entry.Token,
            };
        }
    }

    /// <summary>Labels of the devices that a deployment matches, as they are after this manifest.</summary>
    private async Task<List<ImmutableSortedDictionary<string, string>>> MatchingAsync(DeploymentSpec spec)
    {
        List<ImmutableSortedDictionary<string, string>> matching = [];
        DeviceQuery query = new();
        while (true)
        {
            Page<DeviceRow> page = await Server.Store.Devices
                .ListAsync(call.Tenant, query, call.Aborted).ConfigureAwait(false);
            foreach (DeviceRow device in page.Items.Where(device => device.RevokedAtMs == 0))
            {
                ImmutableSortedDictionary<string, string> labels =
                    _labels.GetValueOrDefault(device.Id, device.Labels);
                if (spec.Selector.FirstMismatch(labels) is null)
                {
                    matching.Add(labels);
                }
            }

            if (page.Next is null || page.Items.IsEmpty)
            {
                return matching;
            }

            query = query with { After = page.Items[^1].Id };
        }
    }

    private async Task AddDeploymentAsync(DeploymentSpec spec, int line, Dictionary<string, Digest> tags)
    {
        DeploymentSpec? resolved = await new PackageResolution(call, tags).ResolveAsync(spec, line, Findings)
            .ConfigureAwait(false);
        if (resolved is null)
        {
            return;
        }

        if (spec.Strategy.Kind == StrategyKind.Waves)
        {
            Findings.AddRange(StrategyFit.Findings(spec, await MatchingAsync(spec).ConfigureAwait(false), line));
        }

        if (spec.Strategy.Gates.Drift is not null)
        {
            Findings.AddRange(DriftJudge.Findings(resolved, await PackagesAsync(resolved).ConfigureAwait(false), line));
        }

        DeploymentRow? before = await Server.Store.Deployments
            .FindAsync(call.Tenant, spec.Id, call.Aborted).ConfigureAwait(false);
        DeploymentWrite write = new()
        {
            Id = spec.Id,
            SpecJson = DeploymentFormat.Write(resolved),
            Packages = [.. resolved.Served.Select(static m => m.Digest).Distinct().Order()],
            AtMs = Server.NowMs,
            Cause = $"apply by {call.Caller}",
        };
        Add(new Entry
        {
            Kind = ManifestKinds.Deployment,
            Name = spec.Id.ToString(),
            Line = line,
            Before = before is not null && DeploymentFormat.TryRead(before.SpecJson, out DeploymentSpec? old)
                ? ManifestDiff.ValuesOf(old)
                : _nothing,
            After = ManifestDiff.ValuesOf(resolved),
        }, new ApplyChange.OfDeployment(write));
    }

    /// <summary>Manifests of the packages of a deployment, as far as they can be read.</summary>
    private async Task<Dictionary<Digest, PackageManifest>> PackagesAsync(DeploymentSpec resolved)
    {
        Dictionary<Digest, PackageManifest> found = [];
        foreach (Digest digest in resolved.Served.Select(static m => m.Digest).Distinct())
        {
            PackageContent? content = await Server.Store.Packages
                .FindAsync(call.Tenant, digest, call.Aborted).ConfigureAwait(false);
            if (content is not null
                && PackageFormat.TryRead(
                    System.Text.Encoding.UTF8.GetBytes(content.ManifestJson), out PackageManifest? manifest, out _)
                && manifest is not null)
            {
                found[digest] = manifest;
            }
        }

        return found;
    }

    private async Task AddDeviceAsync(DeviceManifest device, int line)
    {
        DeviceRow? before =
            await Server.Store.Devices.FindAsync(call.Tenant, device.Id, call.Aborted).ConfigureAwait(false);
        DeviceWrite write = new()
        {
            Device = device.Id,
            Labels = device.Labels,
            Cordoned = device.IsCordoned,
        };
        Add(new Entry
        {
            Kind = ManifestKinds.Device,
            Name = device.Id.ToString(),
            Line = line,
            Before = before is null
                ? _nothing
                : ManifestJson.Flatten(
                    ManifestWriter.Write(new DeviceManifest(before.Id, before.Labels, before.Cordoned))),
            After = ManifestJson.Flatten(ManifestWriter.Write(device)),
        }, new ApplyChange.OfDevice(write));
    }

    private async Task AddTagAsync(string model, string tag, Digest digest, int line)
    {
        PackageContent? package =
            await Server.Store.Packages.FindAsync(call.Tenant, digest, call.Aborted).ConfigureAwait(false);
        if (package is null || package.Row.Name != model)
        {
            Findings.Add(ApiErrors.PackageUnknown.At(
                $"model '{model}' has no package {digest.Short}", $"spec.tags.{tag}", line));
            return;
        }

        TagMove move = new() { Name = model, Tag = tag, Digest = digest, AtMs = Server.NowMs };
        Entry entry = new() { Kind = ManifestKinds.Model, Name = $"{model}:{tag}", Line = line };
        Add(entry, new ApplyChange.OfTag(move));
    }

    private async Task RequireModelAsync(string model, int line)
    {
        Page<PackageRow> page =
            await Server.Store.Packages.ListAsync(call.Tenant, model, null, 1, call.Aborted).ConfigureAwait(false);
        if (page.Items.IsEmpty)
        {
            Findings.Add(ApiErrors.PackageUnknown.At($"model '{model}' has no package yet", "metadata.name", line));
            return;
        }

        _entries.Add(new Entry { Kind = ManifestKinds.Model, Name = model, Line = line });
    }

    private async Task AddTokenAsync(EnrollmentTokenManifest token, int line)
    {
        EnrolmentTokenRow? held =
            await AccessCalls.FindTokenAsync(call, token.Name).ConfigureAwait(false);
        if (held is not null)
        {
            // A token that is there keeps its secret and its end: applying again must not renew it silently.
            _entries.Add(new Entry { Kind = ManifestKinds.EnrollmentToken, Name = token.Name, Line = line });
            return;
        }

        string secret = Secrets.New();
        EnrolmentTokenRow row = new()
        {
            Name = token.Name,
            Hash = Secrets.HashOf(secret),
            ExpiresAtMs = Server.NowMs + (long)token.Lifetime.TotalMilliseconds,
            UsesMax = token.UsesMax,
            Device = token.Device,
            Labels = token.Labels,
            CreatedAtMs = Server.NowMs,
        };
        Add(new Entry
        {
            Kind = ManifestKinds.EnrollmentToken,
            Name = token.Name,
            Line = line,
            Token = new EnrolmentToken(Server.Address, Server.Keys.RootDigest, secret).Format(),
        }, new ApplyChange.OfToken(row));
    }

    private async Task AddPolicyAsync(SigningPolicyManifest policy, int line)
    {
        if (policy.Envelope is null)
        {
            Findings.Add(ApiErrors.DocumentRefused.At(
                $"policy '{policy.Name}' is not signed: 'kedge apply' signs it where the owner's folder is",
                "spec", line));
            return;
        }

        (TrustRow? row, ImmutableArray<Finding> findings) =
            await PolicyCalls.JudgeAsync(call, Encoding.UTF8.GetBytes(policy.Envelope)).ConfigureAwait(false);
        if (row is null)
        {
            Findings.AddRange(findings.Select(f => f with { Line = line }));
            return;
        }

        Entry entry = new() { Kind = ManifestKinds.SigningPolicy, Name = policy.Name, Line = line };
        Add(entry, new ApplyChange.OfTrust(row));
    }

    private async Task AddSiteAsync(SiteSpec site, int line)
    {
        if (!SiteZone.TryFind(site.Bandwidth.TimeZone, out _))
        {
            Findings.Add(ApiErrors.ZoneUnknown.At(
                $"site '{site.Name}' goes by the time zone {site.Bandwidth.TimeZone}, which is not known here",
                "spec.bandwidth.timeZone", line));
            return;
        }

        SiteRow? before =
            await Server.Store.Sites.FindAsync(call.Tenant, site.Name, call.Aborted).ConfigureAwait(false);
        SiteRow row = new() { Name = site.Name, SpecJson = SiteFormat.Write(site), AppliedAtMs = Server.NowMs };
        Add(new Entry
        {
            Kind = ManifestKinds.Site,
            Name = site.Name,
            Line = line,
            Before = before is not null && SiteFormat.TryRead(before.SpecJson, out SiteSpec? old)
                ? ManifestJson.Flatten(ManifestWriter.Write(old))
                : _nothing,
            After = ManifestJson.Flatten(ManifestWriter.Write(site)),
        }, new ApplyChange.OfSite(row));
    }

    private void Add(Entry entry, ApplyChange change)
    {
        _entries.Add(entry with { Change = Changes.Count });
        Changes.Add(change);
    }

    private sealed record Entry
    {
        public required string Kind { get; init; }

        public required string Name { get; init; }

        public required int Line { get; init; }

        public int Change { get; init; } = -1;

        public ImmutableSortedDictionary<string, string> Before { get; init; } = _nothing;

        public ImmutableSortedDictionary<string, string> After { get; init; } = _nothing;

        public string? Token { get; init; }
    }
}
