using Kedge.Agent.Content;
using Kedge.Core;
using Kedge.Core.Desired;
using Kedge.Tests.Support.Disks;

namespace Kedge.Agent.Tests.Content;

/// <summary>What stays on the disk, what goes, and what becomes of both when the device is killed meanwhile.</summary>
public sealed class ShelfTests
{
    private const int ModelBytes = 400_000;

    [Fact]
    public void The_release_before_stays_for_the_next_delta_and_older_ones_go()
    {
        using FetchStage stage = new();
        WorkloadSpec[] specs = Versions(stage, 4);
        stage.Store.Shelf.Name(Set(specs[3]));
        Assert.Equal(2, stage.Store.Shelf.Collect());
        Assert.Equal(0, stage.Store.Shelf.Collect());
        Assert.Equal([false, false, true, true], specs.Select(s => IsThere(stage, s)));
    }

    [Fact]
    public void What_nothing_names_makes_room_for_what_is_asked_for_and_what_is_named_never_does()
    {
        using FetchStage stage = new();
        WorkloadSpec[] specs = Versions(stage, 3);
        stage.Store.Shelf.Name(Set(specs[2]));
        stage.Disk.CapacityBytes = stage.Disk.UsedBytes + AgentLimits.FreeBytesMin + 500_000;
        Assert.Null(stage.Store.Shelf.MakeRoom(500_000));
        Assert.Equal(3, stage.Store.List().Length);
        Assert.Null(stage.Store.Shelf.MakeRoom(800_000));
        Assert.Equal([false, true, true], specs.Select(s => IsThere(stage, s)));
        Assert.Equal("KEDGE-AGENT-014", stage.Store.Shelf.MakeRoom(1_500_000)?.Code);
        Assert.Equal([false, false, true], specs.Select(s => IsThere(stage, s)));
    }

    [Fact]
    public void A_bound_of_the_device_holds_for_all_content_together()
    {
        using FetchStage stage = new() { ContentBytesMax = 1_000_000 };
        _ = stage.Restart();
        WorkloadSpec first = stage.Spec(FetchStage.Weights(ModelBytes, 1));
        stage.Store.Shelf.Name(Set(first));
        stage.FetchWhole(first, isRestarting: false);
        WorkloadSpec second = stage.Spec(FetchStage.Weights(ModelBytes, 2), 2);
        stage.FetchWhole(second, isRestarting: false);
        stage.Store.Shelf.Name(Set(second));
        WorkloadSpec third = stage.Spec(FetchStage.Weights(ModelBytes, 3), 3);
        stage.FetchWhole(third, isRestarting: false);
        Assert.Equal([false, true, true], new[] { first, second, third }.Select(s => IsThere(stage, s)));
        stage.Store.Shelf.Name(Set(second, third));
        FetchResult.Failed full = Assert.IsType<FetchResult.Failed>(
            stage.Fetch(stage.Spec(FetchStage.Weights(ModelBytes, 4), 4)));
        Assert.Equal("KEDGE-AGENT-028", full.Problem.Code);
    }

    [Fact]
    public void A_package_whose_envelope_was_lost_is_found_and_fetched_again()
    {
        using FetchStage stage = new();
        WorkloadSpec spec = stage.Spec(FetchStage.Weights(ModelBytes, 1));
        stage.FetchWhole(spec);
        Assert.Empty(stage.Scrub(spec));
        stage.Disk.Delete($"content/packages/{spec.Models[0].Package.Hex}/envelope.json");
        Assert.Equal(spec.Digest, Assert.Single(stage.Scrub(spec)).Digest);
        stage.FetchWhole(spec);
        Assert.Empty(stage.Scrub(spec));
    }

    [Fact]
    public void A_collection_that_is_killed_at_any_change_is_finished_by_the_next()
    {
        for (long at = 1; ; at++)
        {
            using FetchStage stage = new();
            WorkloadSpec[] specs = Versions(stage, 4);
            CuttingDisk disk = new(stage.Disk, at, new Rng((ulong)at));
            PackageShelf shelf = new(disk, 0);
            shelf.Name(Set(specs[3]));
            try
            {
                _ = shelf.Collect();
            }
            catch (PowerCutException)
            {
                // Killed.
            }

            stage.Disk.Cut(new Rng((ulong)at + 1000));
            stage.Store.Shelf.Name(Set(specs[3]));
            _ = stage.Store.Shelf.Collect();
            Assert.Equal(0, stage.Store.Shelf.Collect());
            Assert.IsType<FetchResult.Ready>(stage.Fetcher.Verify(specs[3]));
            Assert.InRange(stage.Store.List().Length, 1, 2);
            if (!disk.IsOff)
            {
                Assert.InRange(at, 2, 100);
                return;
            }
        }
    }

    [Fact]
    public void What_was_begun_of_a_release_that_is_still_wanted_outlives_a_collection()
    {
        using FetchStage stage = new();
        WorkloadSpec[] specs = Versions(stage, 3);
        WorkloadSpec wanted = stage.Spec(FetchStage.Weights(ModelBytes, 9), 9);
        WorkloadSpec given = stage.Spec(FetchStage.Weights(ModelBytes, 8), 8);
        foreach (WorkloadSpec spec in new[] { wanted, given })
        {
            long left = 200_000;
            stage.Source.OnPiece = piece => left -= piece;
            stage.Source.BreakAfter = _ => Math.Max(left, 0);
            Assert.IsType<FetchResult.Failed>(stage.Fetch(spec));
        }

        stage.Source.BreakAfter = null;
        stage.Store.Shelf.Name(Set(specs[2], wanted));
        _ = stage.Store.Shelf.Collect();
        stage.Source.Given.Clear();
        stage.FetchWhole(wanted);
        Assert.InRange(stage.Source.Given["OneChunk"], 1, ModelBytes - 190_000);
        Assert.Empty(stage.Disk.List($"content/partial/{given.Models[0].Package.Hex}"));
    }

    [Fact]
    public void A_disk_that_fills_in_the_middle_keeps_what_came_and_goes_on_when_there_is_room()
    {
        using FetchStage stage = new();
        byte[] model = FetchStage.Weights(ModelBytes, 1);
        WorkloadSpec spec = stage.Spec(model);
        stage.Source.OnPiece = _ => stage.Disk.CapacityBytes =
            stage.Source.Given.GetValueOrDefault("OneChunk") > 200_000 ? stage.Disk.UsedBytes : long.MaxValue;
        FetchResult.Failed full = Assert.IsType<FetchResult.Failed>(stage.Fetch(spec));
        Assert.Equal("KEDGE-AGENT-014", full.Problem.Code);
        stage.Source.OnPiece = null;
        stage.Disk.CapacityBytes = long.MaxValue;
        stage.FetchWhole(spec);
        // The piece that found no room comes again.
        Assert.InRange(stage.Source.Given["OneChunk"], ModelBytes, ModelBytes + (16 * Limits.KiB));
    }

    [Fact]
    public void A_flipped_byte_costs_one_chunk_and_is_reported()
    {
        using FetchStage stage = new();
        byte[] model = FetchStage.Weights(ModelBytes, 1);
        WorkloadSpec spec = stage.Spec(model);
        stage.FetchWhole(spec);
        stage.Disk.Corrupt(stage.PathOf(spec), 222_222);
        Assert.IsType<FetchResult.Missing>(stage.Fetcher.Verify(spec));
        Assert.Equal([spec], Scrub(stage, spec));
        stage.Source.Given.Clear();
        stage.FetchWhole(spec);
        Assert.Equal("KEDGE-AGENT-031", Assert.Single(stage.Troubles).Code);
        Assert.InRange(stage.Source.Given["OneChunk"], 1, Core.Models.ModelLimits.ChunkBytesMax);
        Assert.Equal(model, stage.Disk.Read(stage.PathOf(spec), model.Length));
        Assert.Empty(Scrub(stage, spec));
    }

    private static IReadOnlyList<WorkloadSpec> Scrub(FetchStage stage, WorkloadSpec spec)
    {
        var scrub = stage.Fetcher.ScrubAsync([spec], default);
        while (!scrub.IsCompleted)
        {
            stage.Time.Advance(AgentLimits.ScrubWait);
        }

        return scrub.GetAwaiter().GetResult();
    }

    private static WorkloadSpec[] Versions(FetchStage stage, int count)
    {
        WorkloadSpec[] specs =
            [.. Enumerable.Range(1, count).Select(i => stage.Spec(FetchStage.Weights(ModelBytes, i), i))];
        foreach (WorkloadSpec spec in specs)
        {
            stage.FetchWhole(spec, isRestarting: false);
        }

        return specs;
    }

    private static bool IsThere(FetchStage stage, WorkloadSpec spec) =>
        stage.Store.List().Contains(spec.Models[0].Package) && stage.Disk.Length(stage.PathOf(spec)) is not null;

    private static HashSet<Digest> Set(params WorkloadSpec[] specs) =>
        [.. specs.Select(static s => s.Models[0].Package)];
}
