using Kedge.Agent.Content;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Desired;
using Kedge.Tests.Support.Disks;

namespace Kedge.Agent.Tests.Content;

/// <summary>Wherever a line breaks or the agent is killed: no byte comes twice.</summary>
public sealed class ResumeTests
{
    private static readonly byte[] Old = FetchStage.Weights(1_500_000, 1);
    private static readonly byte[] New = FetchStage.Tuned(Old, 0.001, 2);
    private static readonly byte[] Small = FetchStage.Weights(300_000, 3);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Chunks_come_once_wherever_the_line_breaks(bool isCoding)
    {
        byte[] model = isCoding ? [.. Enumerable.Range(0, 300_000).Select(static i => (byte)(i * i >> 7))] : Small;
        long whole = Wire(model, isCoding, null, long.MaxValue / 4);
        Assert.True(isCoding ? whole < model.Length : whole == model.Length);
        foreach (long at in Places(whole, 60))
        {
            Assert.Equal(whole, Wire(model, isCoding, null, at));
        }
    }

    [Fact]
    public void A_delta_comes_once_wherever_the_line_breaks()
    {
        long whole = Wire(New, false, Old, long.MaxValue / 4);
        Assert.InRange(whole, 1, New.Length / 2);
        foreach (long at in Places(whole, 50))
        {
            Assert.Equal(whole, Wire(New, false, Old, at));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_line_that_breaks_every_few_thousand_bytes_brings_every_byte_once(bool isDelta)
    {
        byte[]? old = isDelta ? Old : null;
        byte[] model = isDelta ? New : Small;
        long whole = Wire(model, false, old, long.MaxValue / 4);
        Assert.Equal(whole, Wire(model, false, old, 3_001, everyTime: true));
        Assert.Equal(whole, Wire(model, false, old, 20_011, everyTime: true, isRestarting: false));
    }

    [Fact]
    public void A_kill_at_any_write_costs_at_most_the_piece_at_hand()
    {
        long whole = Killed(0, out long changes);
        Assert.InRange(changes, 100, 5_000);
        for (long at = 1; at <= changes; at += 1 + (changes / 60))
        {
            Assert.InRange(Killed(at, out _), whole, whole + (16 * Limits.KiB));
        }
    }

    [Fact]
    public void A_power_cut_at_any_write_ends_in_the_right_file()
    {
        _ = Killed(0, out long changes);
        for (long at = 1; at <= changes; at += 1 + (changes / 40))
        {
            _ = Killed(at, out _, isPowerCut: true);
        }
    }

    [Fact]
    public void A_server_that_is_replaced_in_the_middle_sends_only_what_is_missing()
    {
        using FetchStage stage = Installed(Old);
        WorkloadSpec spec = stage.Spec(New, 2);
        long whole = stage.Delta(FetchStage.FileOf(New), FetchStage.FileOf(Old))!.Length;
        stage.Source.BreakAfter = _ => whole / 2;
        Assert.IsType<FetchResult.Failed>(Fetch(stage, spec));
        stage.Source.Server = 2;
        stage.Source.BreakAfter = null;
        stage.FetchWhole(spec);
        // The front comes again, and what was under way of one segment.
        Assert.InRange(stage.Source.Given["Delta"], whole, whole + (whole / 2) + 4096);
        Assert.DoesNotContain("OneChunk", stage.Source.Given.Keys);
        Assert.Empty(stage.Troubles);
    }

    private static FetchResult Fetch(FetchStage stage, WorkloadSpec spec)
    {
        int asked = 0;
        Func<ContentAsk, long>? first = stage.Source.BreakAfter;
        // Tests have set it.
        stage.Source.BreakAfter = ask => ask.Name is ContentName.Delta && asked++ > 0 ? 0 : first!(ask);
        return stage.Fetch(spec);
    }

    private static FetchStage Installed(byte[] old)
    {
        FetchStage stage = new();
        stage.Install(old);
        stage.MakeDeltas();
        stage.Source.Given.Clear();
        return stage;
    }

    /// <summary>Bytes on the line for a model, when the line breaks once, or every time, after so many bytes.</summary>
    private static long Wire(
        byte[] model, bool isCoding, byte[]? old, long breaksAt, bool everyTime = false, bool isRestarting = true)
    {
        using FetchStage stage = old is null ? new() : Installed(old);
        stage.Source.IsCoding = isCoding;
        long left = breaksAt;
        stage.Source.OnPiece = piece => left -= piece;
        stage.Source.BreakAfter = _ =>
        {
            long now = everyTime ? breaksAt : left > 0 ? left : long.MaxValue / 4;
            return now;
        };
        WorkloadSpec spec = stage.Spec(model, 2);
        stage.FetchWhole(spec, isRestarting);
        Assert.Equal(model, stage.Disk.Read(stage.PathOf(spec), model.Length));
        Assert.Empty(stage.Troubles);
        return stage.Source.Given.Where(static g => g.Key != "Envelope").Sum(static g => g.Value);
    }

    private static IEnumerable<long> Places(long whole, int count)
    {
        for (long at = 0; at < 130; at += 13)
        {
            yield return at;
            yield return whole - 1 - at;
        }

        for (long at = 131; at < whole; at += 1 + (whole / count))
        {
            yield return at;
        }
    }

    private static long Killed(long at, out long changes, bool isPowerCut = false)
    {
        using FetchStage stage = Installed(Old);
        WorkloadSpec spec = stage.Spec(New, 2);
        Rng rng = new((ulong)at);
        CuttingDisk disk = new(stage.Disk, at, rng);
        _ = stage.Restart(disk);
        try
        {
            _ = stage.Fetch(spec);
        }
        catch (PowerCutException)
        {
            // Killed.
        }

        changes = disk.Changes;
        if (isPowerCut)
        {
            stage.Disk.Cut(rng);
        }

        stage.FetchWhole(spec);
        Assert.Equal(New, stage.Disk.Read(stage.PathOf(spec), New.Length));
        Assert.True(stage.Troubles.Count == 0, $"cut {at}: {string.Join("; ", stage.Troubles)}");
        return stage.Source.Given.Where(static g => g.Key != "Envelope").Sum(static g => g.Value);
    }
}
