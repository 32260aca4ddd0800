using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core.Deployments;

namespace Kedge.Core.Manifests;

/// <summary>
/// The fields that say which versions of a model are served together: their schema, their rules, and both ways between
/// them and the spec.
/// </summary>
internal static class VersionsFields
{
    private const string Field = "versions";
    private static readonly string[] _policies = ["latest", "all", "listed"];

    public static FieldSchema Group => FieldSchema.Group(
        Field,
        "Which versions of the model are served together, by its tags: one of `latest`, `all` and `listed`. A version "
        + "is a tag that begins with a digit, or with `v` and a digit; each is served at "
        + "`/v2/models/NAME/versions/TAG`, and the highest where a request names none. They are looked up once, when "
        + "the deployment is applied: a tag that comes later changes nothing. Where nothing is said, the one version "
        + "that `package` names is served.",
        FieldSchema.Of("latest", FieldShape.Integer, "So many of the highest versions.")
            .Within(1, Limits.ModelsPerDeploymentMax),
        FieldSchema.Of("all", FieldShape.Boolean, "`true` for every version."),
        new FieldSchema
        {
            Name = "listed",
            Shape = FieldShape.List,
            Description = "These tags and no others; here a tag may be any word.",
            Min = 1,
            Max = Limits.ModelsPerDeploymentMax,
            Item = FieldSchema.Of("", FieldShape.Tag, "One tag."),
        });

    public static void Check(ManifestFields spec, FindingList findings)
    {
        int index = 0;
        foreach (ManifestFields model in spec.Items("models"))
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"spec.models[{index++}]");
            CheckPackage(model, path, findings);
            if (model.At(Field) is { IsThere: true } versions)
            {
                CheckPolicy(versions, $"{path}.{Field}", findings);
            }
        }
    }

    public static VersionsSpec? Bind(ManifestFields versions) => !versions.IsThere ? null
        : versions.At("latest").IsThere ? new VersionsSpec.Latest((int)versions.Number("latest"))
        : versions.At("all").IsThere ? new VersionsSpec.All()
        : new VersionsSpec.Listed([.. versions.Items("listed").Select(static tag => tag.Text())]);

    public static ManifestNode? Write(VersionsSpec? versions) => versions switch
    {
        null => null,
        VersionsSpec.Latest latest => ManifestWriter.Map(("latest", ManifestWriter.Number(latest.Count))),
        VersionsSpec.All => ManifestWriter.Map(("all", ManifestWriter.Flag(true))),
        VersionsSpec.Listed listed => ManifestWriter.Map(
            ("listed", new ManifestNode.Sequence([.. listed.Tags.Select(ManifestWriter.Text)]))),
        _ => throw Core.Check.Unreachable(versions),
    };

    /// <summary>A model alone stands for its versions, a package for itself.</summary>
    private static void CheckPackage(ManifestFields model, string path, FindingList findings)
    {
        string package = model.Text("package");
        bool isModel = Ids.IsName(package) && !PackageReference.TryParse(package, out _);
        bool hasVersions = model.At(Field).IsThere;
        if (isModel && !hasVersions)
        {
            findings.Add(
                SpecErrors.Package,
                $"{path}.package: '{ScalarWords.Shown(package)}' names no package; write it as name:tag",
                $"{path}.package",
                model.At("package").Line);
        }
        else if (!isModel && hasVersions && package.Length > 0)
        {
            findings.Add(
                SpecErrors.Versions,
                $"{path}.package: '{ScalarWords.Shown(package)}' is one package; with versions write the model alone",
                $"{path}.package",
                model.At("package").Line);
        }
    }

    private static void CheckPolicy(ManifestFields versions, string path, FindingList findings)
    {
        ImmutableArray<string> named = [.. _policies.Where(policy => versions.At(policy).IsThere)];
        if (named.Length != 1)
        {
            string message = named.IsEmpty ? "one of latest, all and listed is needed"
                : $"{string.Join(" and ", named)} contradict each other";
            findings.Add(SpecErrors.Versions, message, path, versions.Line);
        }
        else if (named[0] == "all" && !versions.Flag("all"))
        {
            findings.Add(
                SpecErrors.Versions, "all is true or left out", $"{path}.all", versions.At("all").Line);
        }

        HashSet<string> tags = new(StringComparer.Ordinal);
        foreach (ManifestFields tag in versions.Items("listed"))
        {
            if (!tags.Add(tag.Text()))
            {
                findings.Add(
                    SpecErrors.DuplicateValue,
                    $"the tag {ScalarWords.Shown(tag.Text())} is listed twice",
                    $"{path}.listed",
                    tag.Line);
            }
        }
    }
}
