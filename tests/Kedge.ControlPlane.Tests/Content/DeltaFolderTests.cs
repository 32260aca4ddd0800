using System.Text;
using Kedge.ControlPlane.Content;
using Kedge.ControlPlane.Content.Deltas;
using Kedge.Core;

namespace Kedge.ControlPlane.Tests.Content;

public sealed class DeltaFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kedge-deltas-").FullName;
    private readonly ManualClock _time = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Beyond_the_quota_what_was_used_longest_ago_goes_first_also_over_restarts()
    {
        DeltaFolder folder = Open(100);
        Keep(folder, "a", 40);
        Keep(folder, "b", 40);
        Assert.NotNull(folder.Find(Ask("a").Pair));
        Keep(folder, "c", 40); // b is the oldest use
        Assert.Equal((true, false, true), (Has(folder, "a"), Has(folder, "b"), Has(folder, "c")));
        Assert.NotNull(folder.Find(Ask("a").Pair));

        folder = Open(100);
        Assert.Equal(80, folder.Bytes);
        Assert.NotNull(folder.Verify(Ask("a").Pair, default));
        Assert.NotNull(folder.Verify(Ask("c").Pair, default));
        folder = Open(60); // a smaller quota: c was used before a
        Assert.Equal(40, folder.Bytes);
        Assert.NotNull(folder.Verify(Ask("a").Pair, default));
    }

    [Fact]
    public void One_that_is_larger_than_the_quota_is_not_kept_and_evicts_nothing()
    {
        DeltaFolder folder = Open(100);
        Keep(folder, "a", 40);
        string temporary = Write(folder, 101);
        Assert.Null(folder.Keep(Ask("b"), temporary, Digest.Of("x"u8)));
        Assert.False(File.Exists(temporary));
        Assert.True(Has(folder, "a"));
    }

    [Fact]
    public void What_an_earlier_process_left_counts_only_once_it_was_checked()
    {
        Keep(Open(1000), "a", 40);
        DeltaFolder folder = Open(1000);
        Assert.Null(folder.Find(Ask("a").Pair));
        KeptDelta? kept = folder.Verify(Ask("a").Pair, default);
        Assert.Equal(kept, folder.Find(Ask("a").Pair));
        byte[] bytes = File.ReadAllBytes(kept!.Path);
        bytes[7] ^= 1;
        File.WriteAllBytes(kept.Path, bytes);

        folder = Open(1000);
        Assert.Null(folder.Verify(Ask("a").Pair, default));
        Assert.Equal((0L, false), (folder.Bytes, File.Exists(kept.Path)));
    }

    [Fact]
    public void A_start_removes_what_was_half_written_and_what_it_cannot_read()
    {
        DeltaFolder folder = Open(1000);
        Keep(folder, "a", 40);
        string half = Write(folder, 10);
        string strange = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, "x", "y")).FullName, "z.delta");
        File.WriteAllText(strange, "?");
        folder = Open(1000);
        Assert.Equal((false, false, 40L), (File.Exists(half), File.Exists(strange), folder.Bytes));
    }

    [Fact]
    public void A_file_that_somebody_removed_is_no_loss_and_one_that_is_open_stays_readable()
    {
        DeltaFolder folder = Open(100);
        KeptDelta a = Keep(folder, "a", 40);
        File.Delete(a.Path);
        Assert.Null(folder.Find(Ask("a").Pair));
        Assert.Equal(0, folder.Bytes);
        KeptDelta b = Keep(folder, "b", 60);
        using FileStream open = DeltaFolder.Open(b)!;
        Keep(folder, "c", 60);
        Assert.Null(DeltaFolder.Open(b));
        Assert.Equal(60, open.Read(new byte[100]));
    }

    private DeltaFolder Open(long bytesMax) => new(_folder, bytesMax, _time);

    private KeptDelta Keep(DeltaFolder folder, string name, int bytes)
    {
        string temporary = Write(folder, bytes);
        KeptDelta? kept = folder.Keep(Ask(name), temporary, Digest.Of(File.ReadAllBytes(temporary)));
        Assert.False(File.Exists(temporary));
        Assert.NotNull(kept);
        return kept;
    }

    private static string Write(DeltaFolder folder, int bytes)
    {
        string path = folder.TemporaryPath();
        File.WriteAllBytes(path, new byte[bytes]);
        return path;
    }

    private static bool Has(DeltaFolder folder, string name) =>
        File.Exists(folder.Verify(Ask(name).Pair, default)?.Path);

    private static DeltaAsk Ask(string name) => new(
        new CataloguedFile(Digest.Of("package"u8), "bearing", Digest.Of(Encoding.ASCII.GetBytes(name)), 10), null);

    /// <summary>A clock of whole seconds, so that files carry different times.</summary>
    private sealed class ManualClock : TimeProvider
    {
        private long _seconds;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeSeconds(1_800_000_000 + ++_seconds);
    }
}
