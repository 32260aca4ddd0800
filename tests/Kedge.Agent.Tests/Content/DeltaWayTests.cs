using System.Buffers.Binary;
using Kedge.Agent.Content;
using Kedge.Content.Delta;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Desired;
using Kedge.Core.Device;
using Kedge.Core.Neighbours;

namespace Kedge.Agent.Tests.Content;

/// <summary>A delta saves bytes where there is one, and costs nothing where there is none or a wrong one.</summary>
public sealed class DeltaWayTests
{
    private static readonly byte[] Old = FetchStage.Weights(1_500_000, 1);
    private static readonly byte[] New = FetchStage.Tuned(Old, 0.001, 2);

    [Fact]
    public void A_model_that_was_tuned_comes_as_what_differs_from_the_one_that_is_there()
    {
        using FetchStage stage = Installed();
        WorkloadSpec spec = stage.Spec(New, 2);
        stage.FetchWhole(spec);
        Assert.Equal(New, stage.Disk.Read(stage.PathOf(spec), New.Length));
        Assert.DoesNotContain("OneChunk", stage.Source.Given.Keys);
        Assert.Equal(Container(stage).Length, stage.Source.Given["Delta"]);
        Assert.Equal(Container(stage).Length, stage.Fetcher.ByWay.Single(static w => w.Way == "delta").Bytes);
        ContentName.Delta asked = Assert.IsType<ContentName.Delta>(
            stage.Source.Asks.First(static a => a.Name is ContentName.Delta).Name);
        Assert.Equal((FetchStage.FileOf(New), FetchStage.FileOf(Old)), (asked.Target, asked.Base));
    }

    [Fact]
    public void A_change_in_the_middle_takes_what_stands_here_and_asks_for_the_segments_that_are_missing()
    {
        using FetchStage stage = Installed();
        byte[] changed = [.. Old];
        FetchStage.Weights(200_000, 9).CopyTo(changed, 1_200_000);
        WorkloadSpec spec = stage.Spec(changed, 2);
        stage.FetchWhole(spec);
        Assert.Equal(changed, stage.Disk.Read(stage.PathOf(spec), changed.Length));
        // What stands before the change was not asked for, of the delta neither.
        long first = stage.Source.Asks.Where(static a => a is { Name: ContentName.Delta, To: 0 })
            .Min(static a => a.From);
        Assert.True(first > DeltaLimits.HeaderBytes, "the front was asked for by itself");
        Assert.InRange(stage.Source.Given["Delta"], 1, 260_000);
    }

    [Fact]
    public void Without_a_delta_the_chunks_come()
    {
        using FetchStage stage = Installed();
        stage.Source.Deltas = null;
        stage.FetchWhole(stage.Spec(New, 2));
        Assert.DoesNotContain("Delta", stage.Source.Given.Keys);
        Assert.Equal(New.Length, stage.Source.Given["OneChunk"]);
        Assert.Empty(stage.Troubles);
    }

    [Fact]
    public void A_server_that_still_makes_the_delta_is_waited_for_as_it_asks()
    {
        using FetchStage stage = Installed();
        int asked = 0;
        stage.Source.DeltaFault = () => ++asked > 3
            ? null
            : new StreamOutcome.Later(TimeSpan.FromSeconds(5), new Problem("KEDGE-TEST-009", "it is being made"));
        TimeSpan before = stage.Time.Elapsed;
        stage.FetchWhole(stage.Spec(New, 2));
        Assert.Equal(TimeSpan.FromSeconds(15), stage.Time.Elapsed - before);
        Assert.DoesNotContain("OneChunk", stage.Source.Given.Keys);
    }

    [Fact]
    public void A_server_that_makes_another_container_at_every_answer_is_not_asked_without_end()
    {
        using FetchStage stage = Installed();
        int answers = 0;
        stage.Source.DeltaFault = () =>
        {
            stage.Source.Server++;
            answers++;
            return null;
        };
        stage.Source.BreakAfter = static ask => ask.Name is ContentName.Delta ? 20_000 : long.MaxValue / 2;
        WorkloadSpec spec = stage.Spec(New, 2);
        stage.FetchWhole(spec);
        Assert.Equal(New, stage.Disk.Read(stage.PathOf(spec), New.Length));
        Assert.InRange(answers, 2, AgentLimits.DeltaBeginsMax + 1);
        Assert.Contains("KEDGE-AGENT-", Assert.Single(stage.Troubles).Code, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Neighbours_that_follow_see_that_a_device_moves_while_it_waits_for_a_delta()
    {
        using FetchStage stage = Installed();
        int asked = 0;
        stage.Source.DeltaFault = () => ++asked > 4
            ? null
            : new StreamOutcome.Later(TimeSpan.FromMinutes(1), new Problem("KEDGE-TEST-009", "it is being made"));
        ValueTask<FetchResult> fetch = stage.Fetcher.FetchAsync(stage.Spec(New, 2), default);
        (long Beat, TimeSpan At) last = (-1, stage.Time.Elapsed);
        while (!fetch.IsCompleted)
        {
            long beat = stage.Store.FindBegun(FetchStage.FileOf(New))?.Beat ?? last.Beat;
            last = beat == last.Beat ? last : (beat, stage.Time.Elapsed);
            Assert.True(stage.Time.Elapsed - last.At < NeighbourPlan.StillMax, "it looks as if it had gone");
            Assert.NotNull(stage.Time.NextTimer);
            stage.Time.Advance(stage.Time.NextTimer.Value - stage.Time.Elapsed);
        }

        Assert.IsType<FetchResult.Ready>(await fetch);
        Assert.DoesNotContain("OneChunk", stage.Source.Given.Keys);
    }

    [Fact]
    public void A_server_that_never_comes_to_an_end_with_a_delta_is_not_waited_for_for_ever()
    {
        using FetchStage stage = Installed();
        stage.Source.DeltaFault = static () =>
            new StreamOutcome.Later(TimeSpan.FromHours(1), new Problem("KEDGE-TEST-009", "it is being made"));
        stage.FetchWhole(stage.Spec(New, 2));
        Assert.Equal(AgentLimits.DeltaWaitMax, stage.Time.Elapsed);
        Assert.Equal(New.Length, stage.Source.Given["OneChunk"]);
    }

    [Fact]
    public void A_delta_that_makes_a_wrong_chunk_is_given_up_and_reported_and_what_was_right_stays()
    {
        using FetchStage stage = Installed();
        byte[] wrong = [.. Container(stage)];
        wrong[^1000] ^= 0x10;
        stage.Source.Deltas = (_, _) => wrong;
        WorkloadSpec spec = stage.Spec(New, 2);
        stage.FetchWhole(spec, isRestarting: false);
        Assert.Equal(New, stage.Disk.Read(stage.PathOf(spec), New.Length));
        Assert.Equal("KEDGE-AGENT-030", Assert.Single(stage.Troubles).Code);
        Assert.InRange(stage.Source.Given["OneChunk"], 1, 700_000);
    }

    [Theory]
    [InlineData(0, "a mark that is none")]
    [InlineData(8, "a version that is not known")]
    [InlineData(16, "exabytes of a target")]
    [InlineData(12, "more segments than bytes")]
    [InlineData(32, "another target")]
    [InlineData(64, "another base")]
    [InlineData(96, "a segment that makes nothing")]
    [InlineData(100, "a segment without bytes")]
    public void A_front_that_lies_costs_nothing_but_itself(int at, string what)
    {
        using FetchStage stage = Installed();
        byte[] wrong = [.. Container(stage)];
        if (at is 96 or 100)
        {
            wrong.AsSpan(at, 4).Clear();
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(wrong.AsSpan(at), at == 16 ? 0 : 0x7FFF_FFF7u);
            if (at == 16)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(wrong.AsSpan(at + 4), 0x7FFF_FFFFu);
            }
        }

        stage.Source.Deltas = (_, _) => wrong;
        stage.FetchWhole(stage.Spec(New, 2), isRestarting: false);
        Assert.True(stage.Troubles.Count == 1 && stage.Troubles[0].Code == "KEDGE-AGENT-030", what);
        Assert.Equal(New.Length, stage.Source.Given["OneChunk"]);
        Assert.InRange(stage.Source.Given["Delta"], 96, 17_000);
    }

    [Fact]
    public void A_base_that_is_damaged_or_vanishes_meanwhile_costs_the_delta_alone()
    {
        foreach (bool vanishes in new[] { false, true })
        {
            using FetchStage stage = Installed();
            string path = stage.InstalledPath;
            int pieces = 0;
            stage.Source.OnPiece = _ =>
            {
                if (++pieces == 8 && vanishes)
                {
                    stage.Disk.Delete(path);
                }
                else if (pieces == 8)
                {
                    stage.Disk.Corrupt(path, 1_300_003);
                }
            };
            WorkloadSpec spec = stage.Spec(New, 2);
            stage.FetchWhole(spec, isRestarting: false);
            Assert.Equal(New, stage.Disk.Read(stage.PathOf(spec), New.Length));
            Assert.Equal("KEDGE-AGENT-030", Assert.Single(stage.Troubles).Code);
        }
    }

    [Fact]
    public void Whatever_stands_in_tails_the_file_comes_right()
    {
        Rng rng = new(7);
        for (int round = 0; round < 25; round++)
        {
            using FetchStage stage = Installed();
            WorkloadSpec spec = stage.Spec(New, 2);
            stage.Source.BreakAfter = static ask => ask.From > 0 ? 0 : 300_000;
            _ = stage.Fetch(spec);
            stage.Source.BreakAfter = null;
            foreach (string ending in new[] { ".tail", ".front", "" })
            {
                string path = $"content/partial/{spec.Models[0].Package.Hex}/{FetchStage.FileOf(New).Hex}{ending}";
                if (rng.Below(2) == 0 && stage.Disk.Length(path) is > 0 and { } length)
                {
                    byte[] bytes = stage.Disk.Read(path, int.MaxValue);
                    using IDiskFile file = stage.Disk.Open(path, DiskOpening.Create);
                    for (int flips = rng.Below(4); flips >= 0; flips--)
                    {
                        bytes[rng.Below(bytes.Length)] ^= (byte)(1 + rng.Below(255));
                    }

                    file.Write(bytes.AsSpan(0, rng.Below(2) == 0 ? bytes.Length : rng.Below((int)length)));
                }
            }

            stage.FetchWhole(spec);
            Assert.Equal(New, stage.Disk.Read(stage.PathOf(spec), New.Length));
        }
    }

    private static byte[] Container(FetchStage stage) =>
        stage.Delta(FetchStage.FileOf(New), FetchStage.FileOf(Old))!; // Both are known.

    private static FetchStage Installed()
    {
        FetchStage stage = new();
        stage.Install(Old);
        _ = stage.Spec(New, 2);
        stage.MakeDeltas();
        stage.Source.Given.Clear();
        stage.Source.Asks.Clear();
        return stage;
    }
}
