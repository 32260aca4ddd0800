using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core.Deployments;
using Kedge.Core.Manifests;

namespace Kedge.ControlPlane.Manifests;

/// <summary>
/// What an apply changes in one object, a line for each value. A deployment is compared with what its packages and
/// versions were resolved to, since a tag that moved or came changes what is served while its manifest stays the same.
/// </summary>
public static class ManifestDiff
{
    /// <summary>Every value of a deployment by its path, and the package of each model and version.</summary>
    /// <param name="resolved">The deployment, packages resolved.</param>
    /// <returns>
    /// The values of its manifest; <c>spec.models[0].digest</c> where one package is served, and
    /// <c>spec.models[0].versions[v2]</c> for each version that is.
    /// </returns>
    public static ImmutableSortedDictionary<string, string> ValuesOf(DeploymentSpec resolved)
    {
        ImmutableSortedDictionary<string, string>.Builder values =
            ManifestJson.Flatten(ManifestWriter.Write(resolved)).ToBuilder();
        for (int index = 0; index < resolved.Models.Length; index++)
        {
            ModelChoice model = resolved.Models[index];
            string path = string.Create(CultureInfo.InvariantCulture, $"spec.models[{index}]");
            if (model.Versions is null)
            {
                values[$"{path}.digest"] = model.Digest.ToString();
            }

            foreach (PickedVersion version in model.Picked)
            {
                values[$"{path}.versions[{version.Tag}]"] = version.Digest.ToString();
            }
        }

        return values.ToImmutable();
    }

    /// <summary>The lines, in order of their paths.</summary>
    /// <param name="before">Values by path; empty for what is new.</param>
    /// <param name="after">Values by path.</param>
    /// <returns>
    /// <c>+ PATH: VALUE</c> for what comes, <c>- PATH: VALUE</c> for what goes, <c>~ PATH: OLD -> NEW</c> for what
    /// changes.
    /// </returns>
    public static IReadOnlyList<string> Of(
        ImmutableSortedDictionary<string, string> before, ImmutableSortedDictionary<string, string> after) =>
    [
        .. after.Keys.Union(before.Keys).Order(StringComparer.Ordinal)
            .Where(path => after.GetValueOrDefault(path) != before.GetValueOrDefault(path))
            .Select(path => (before.GetValueOrDefault(path), after.GetValueOrDefault(path)) switch
            {
                (null, var value) => $"+ {path}: {value}",
                (var value, null) => $"- {path}: {value}",
                var (old, value) => $"~ {path}: {old} -> {value}",
            }),
    ];
}
