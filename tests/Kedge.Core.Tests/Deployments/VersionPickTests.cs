using System.Collections.Immutable;
using System.Text;
using Kedge.Core.Deployments;

namespace Kedge.Core.Tests.Deployments;

/// <summary>Which tags are versions, which is the higher, and which are served.</summary>
public sealed class VersionPickTests
{
    private static readonly string[] _ascending =
    [
        "prod", "stage", "1-rc1", "1-rc2", "1-rc10", "1", "1.0b2", "1.0b11", "1.1", "v1.9", "v1.10", "2", "v2-rc1",
        "v2", "v10", "20260101", "20260101120000000000000000",
    ];

    [Fact]
    public void Numbers_count_as_numbers_and_suffixes_as_before_or_after()
    {
        string[] shuffled = [.. _ascending.Reverse().Chunk(3).SelectMany(static part => part.Reverse())];
        string[] ordered = [.. shuffled.Order(VersionTags.Ascending)];
        Assert.Equal(
            _ascending.Where(static tag => tag is not ("2" or "v2-rc1")),
            ordered.Where(static tag => tag is not ("2" or "v2-rc1")));
        Assert.True(VersionTags.Compare("v2-rc1", "2") < 0);
        Assert.True(VersionTags.Compare("1.0", "1") != 0);
        Assert.Equal(0, VersionTags.Compare("v3", "v3"));
        Assert.Equal(
            ["prod", "stage"],
            _ascending.Where(static tag => !VersionTags.IsVersion(tag)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_order_is_an_order()
    {
        string[] tags = [.. _ascending, "v", "", "V2", "v01", "v1.", "v1..2", "1.0.0-", "1-", "v1-a1b2", "v1-a1b10"];
        foreach (string a in tags)
        {
            foreach (string b in tags)
            {
                int order = VersionTags.Compare(a, b);
                Assert.Equal(-Math.Sign(order), Math.Sign(VersionTags.Compare(b, a)));
                Assert.Equal(a == b, order == 0);
                foreach (string c in tags.Where(c => order < 0 && VersionTags.Compare(b, c) < 0))
                {
                    Assert.True(VersionTags.Compare(a, c) < 0, $"{a} < {b} < {c}");
                }
            }
        }
    }

    [Fact]
    public void The_latest_are_the_highest_versions_and_no_words()
    {
        ImmutableArray<PickedVersion> tags = Tags("v1", "prod", "v10", "v2", "v9");
        Assert.Equal(["v10", "v9"], Names(new VersionsSpec.Latest(2), tags));
        Assert.Equal(["v10", "v9", "v2", "v1"], Names(new VersionsSpec.Latest(16), tags));
        Assert.Equal(["v10", "v9", "v2", "v1"], Names(new VersionsSpec.All(), tags));
        Assert.Empty(Names(new VersionsSpec.All(), Tags("prod")));
        Assert.Empty(VersionPick.Missing(new VersionsSpec.All(), []));
    }

    [Fact]
    public void Of_two_versions_of_one_package_the_higher_is_served()
    {
        ImmutableArray<PickedVersion> tags =
            [.. Tags("v1", "v2"), new("v2.0", Digest.Of("v2"u8)), new("2.0.1", Digest.Of("v2"u8))];
        Assert.Equal(["2.0.1", "v1"], Names(new VersionsSpec.Latest(2), tags));
        Assert.Equal(["v2.0", "v2"], Names(new VersionsSpec.Listed(["v2", "v2.0"]), tags));
    }

    [Fact]
    public void Listed_ones_may_be_words_which_come_last_and_are_missed_by_name()
    {
        ImmutableArray<PickedVersion> tags = Tags("v1", "prod", "v10", "v2", "stage");
        VersionsSpec listed = new VersionsSpec.Listed(["stage", "v2", "prod", "v10", "v7"]);
        Assert.Equal(["v10", "v2", "stage", "prod"], Names(listed, tags));
        Assert.Equal("v7", Assert.Single(VersionPick.Missing(listed, tags)));
    }

    [Fact]
    public void A_choice_is_served_as_each_of_its_versions()
    {
        ModelChoice choice = new("bearing", "press", default)
        {
            Serving = new ServingSpec { Instances = 2 },
            Versions = new VersionsSpec.All(),
            Picked = Tags("v2", "v1"),
        };
        Assert.Equal(
            [
                new ModelChoice("bearing", "press:v2", Digest.Of("v2"u8))
                {
                    Version = "v2", Serving = choice.Serving,
                },
                new ModelChoice("bearing", "press:v1", Digest.Of("v1"u8))
                {
                    Version = "v1", Serving = choice.Serving,
                },
            ],
            choice.Served.AsEnumerable());
        ModelChoice single = new("bearing", "press:v1", Digest.Of("v1"u8));
        Assert.Equal(single, Assert.Single(single.Served));
        Assert.NotEqual(choice, choice with { Picked = Tags("v2") });
        Assert.NotEqual(choice, choice with { Versions = new VersionsSpec.Latest(2) });
    }

    private static ImmutableArray<PickedVersion> Tags(params string[] tags) =>
        [.. tags.Select(static tag => new PickedVersion(tag, Digest.Of(Encoding.UTF8.GetBytes(tag))))];

    private static IEnumerable<string> Names(VersionsSpec versions, ImmutableArray<PickedVersion> tags) =>
        VersionPick.Of(versions, tags).Select(static version => version.Tag);
}
