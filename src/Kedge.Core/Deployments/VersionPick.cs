using System.Collections.Immutable;

namespace Kedge.Core.Deployments;

/// <summary>
/// Picks the versions of a model that are served, by its tags. The highest comes first: it answers where a request
/// names no version.
/// </summary>
public static class VersionPick
{
    /// <summary>What a spec means.</summary>
    /// <param name="versions">The spec.</param>
    /// <param name="tags">Every tag of the model, in any order, each once.</param>
    /// <returns>
    /// The versions, the highest first; listed tags that are no versions come last, in the order of the list. Tags that
    /// are not there are left out. Of several versions that name one package, all and the latest take the highest only.
    /// </returns>
    public static ImmutableArray<PickedVersion> Of(VersionsSpec versions, IReadOnlyCollection<PickedVersion> tags) =>
        versions switch
        {
            VersionsSpec.Latest latest => [.. Highest(tags).Take(latest.Count)],
            VersionsSpec.All => [.. Highest(tags)],
            VersionsSpec.Listed listed => Listed(listed, tags),
            _ => throw Check.Unreachable(versions),
        };

    /// <summary>Listed tags that the model does not have.</summary>
    public static ImmutableArray<string> Missing(VersionsSpec versions, IReadOnlyCollection<PickedVersion> tags) =>
        versions is VersionsSpec.Listed listed
            ? [.. listed.Tags.Where(tag => tags.All(known => known.Tag != tag))]
            : [];

    private static IEnumerable<PickedVersion> Highest(IReadOnlyCollection<PickedVersion> tags) => tags
        .Where(static tag => VersionTags.IsVersion(tag.Tag))
        .OrderByDescending(static tag => tag.Tag, VersionTags.Ascending)
        .DistinctBy(static tag => tag.Digest);

    private static ImmutableArray<PickedVersion> Listed(
        VersionsSpec.Listed listed, IReadOnlyCollection<PickedVersion> tags)
    {
        List<PickedVersion> named =
            [.. listed.Tags.SelectMany(tag => tags.Where(known => known.Tag == tag).Take(1))];
        return
        [
            .. named.Where(static tag => VersionTags.IsVersion(tag.Tag))
                .OrderByDescending(static tag => tag.Tag, VersionTags.Ascending),
            .. named.Where(static tag => !VersionTags.IsVersion(tag.Tag)),
        ];
    }
}
