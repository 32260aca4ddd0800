using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Core.Errors;
using Kedge.Core.Manifests;
using Kedge.Store.Contracts;

namespace Kedge.ControlPlane.Http;

/// <summary>
/// What the packages and versions of a deployment are: tags become digests, once, when it is applied.
/// </summary>
/// <param name="call">The apply.</param>
/// <param name="fresh">Tags of the same manifest, as <c>bearing:v2</c>: they count before those of the store.</param>
internal sealed class PackageResolution(Call call, IReadOnlyDictionary<string, Digest> fresh)
{
    private List<ModelRow>? _models;

    /// <summary>Resolves every model.</summary>
    /// <param name="spec">As it was read.</param>
    /// <param name="line">Where it stands in the manifest.</param>
    /// <param name="findings">Takes what is not there.</param>
    /// <returns>The deployment with its digests; null where something is not there.</returns>
    public async Task<DeploymentSpec?> ResolveAsync(DeploymentSpec spec, int line, List<Finding> findings)
    {
        int before = findings.Count;
        ImmutableArray<ModelChoice>.Builder models = ImmutableArray.CreateBuilder<ModelChoice>();
        for (int index = 0; index < spec.Models.Length; index++)
        {
            (ModelChoice resolved, Finding? finding) = spec.Models[index].Versions is { } versions
                ? await PickAsync(spec.Id, spec.Models[index], versions, index).ConfigureAwait(false)
                : await ResolveAsync(spec.Id, spec.Models[index], index).ConfigureAwait(false);
            models.Add(resolved);
            if (finding is not null)
            {
                findings.Add(finding with { Line = line });
            }
        }

        DeploymentSpec whole = spec with { Models = models.ToImmutable() };
        int served = whole.Served.Length;
        if (findings.Count == before && served > Limits.ModelsPerDeploymentMax)
        {
            findings.Add(ApiErrors.VersionsTooMany.At(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"deployment '{spec.Id}' serves {served} versions, {Limits.ModelsPerDeploymentMax} is most"),
                "spec.models",
                line));
        }

        return findings.Count == before ? whole : null;
    }

    private async Task<(ModelChoice Resolved, Finding? Finding)> PickAsync(
        DeploymentId id, ModelChoice model, VersionsSpec versions, int index)
    {
        List<PickedVersion> tags = await TagsAsync(model.Package).ConfigureAwait(false);
        ImmutableArray<string> missing = VersionPick.Missing(versions, tags);
        ModelChoice resolved = model with { Picked = VersionPick.Of(versions, tags) };
        return missing.IsEmpty && !resolved.Picked.IsEmpty
            ? (resolved, null)
            : (model, ApiErrors.VersionsMissing.At(
                $"deployment '{id}' serves versions of {model.Package}, which has "
                + (missing.IsEmpty ? "none" : $"no {string.Join(", ", missing)}"),
                string.Create(CultureInfo.InvariantCulture, $"spec.models[{index}].versions")));
    }

    /// <summary>Every tag of a model, as they are after this manifest.</summary>
    private async Task<List<PickedVersion>> TagsAsync(string model)
    {
        _models ??= await Pages.ModelsAsync(call.Server, call.Aborted).ConfigureAwait(false);
        Dictionary<string, Digest> tags = new(StringComparer.Ordinal);
        foreach (TagRow tag in _models.Where(row => row.Name == model).SelectMany(static row => row.Tags))
        {
            tags[tag.Tag] = tag.Digest;
        }

        foreach ((string name, Digest digest) in fresh)
        {
            if (PackageReference.TryParse(name, out PackageReference? reference) && reference.Model == model)
            {
                tags[reference.Tag] = digest;
            }
        }

        return [.. tags.Select(static tag => new PickedVersion(tag.Key, tag.Value))];
    }

    private async Task<(ModelChoice Resolved, Finding? Finding)> ResolveAsync(
        DeploymentId id, ModelChoice model, int index)
    {
        Digest digest = await FindAsync(model).ConfigureAwait(false);
        return (model with { Digest = digest }, !digest.IsNone
            ? null
            : ApiErrors.PackageUnknown.At(
                $"deployment '{id}' names the package {model.Package}, which is not here",
                string.Create(CultureInfo.InvariantCulture, $"spec.models[{index}].package")));
    }

    private async Task<Digest> FindAsync(ModelChoice model)
    {
        Check.That(PackageReference.TryParse(model.Package, out PackageReference? reference));
        if (reference.Tag.Length > 0)
        {
            if (fresh.TryGetValue($"{reference.Model}:{reference.Tag}", out Digest known))
            {
                return known;
            }

            PackageRow? tagged = await call.Server.Store.Packages
                .ResolveAsync(call.Tenant, reference.Model, reference.Tag, call.Aborted).ConfigureAwait(false);
            return tagged?.Digest ?? default;
        }

        PackageContent? package = await call.Server.Store.Packages
            .FindAsync(call.Tenant, reference.Digest, call.Aborted).ConfigureAwait(false);
        bool isIt = package is not null && (reference.Model.Length == 0 || reference.Model == package.Row.Name);
        return isIt ? reference.Digest : default;
    }
}
