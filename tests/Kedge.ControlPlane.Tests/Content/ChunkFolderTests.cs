using Kedge.ControlPlane.Content;
using Kedge.Core;
using Kedge.Zstd;

namespace Kedge.ControlPlane.Tests.Content;

public sealed class ChunkFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kedge-chunks-").FullName;
    private readonly ChunkFolder _chunks;

    public ChunkFolderTests() => _chunks = new ChunkFolder(_folder, "replica-a");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_chunk_is_kept_coded_where_that_saves_a_sixteenth_and_as_it_is_elsewhere()
    {
        byte[] text = [.. Enumerable.Range(0, 50_000).Select(i => (byte)(i % 50))];
        byte[] noise = new byte[50_000];
        new Random(1).NextBytes(noise);
        byte[] almost = [.. noise[..48_000], .. new byte[2_000]]; // saves a twenty-fifth
        foreach ((byte[] bytes, bool coded) in new[] { (text, true), (noise, false), (almost, false) })
        {
            Digest digest = await StoreAsync(bytes);
            Assert.Equal((coded, !coded), (Exists(digest, coded: true), Exists(digest, coded: false)));
            using StoredChunk read = Read(digest);
            Assert.Equal(bytes, read.Plain.ToArray());
            Assert.Equal(coded, !read.Coded.IsEmpty);
            Assert.Equal(coded ? read.Coded.Length : bytes.Length, _chunks.StoredBytes(digest));
        }

        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_folder, "incoming")));
    }

    [Fact]
    public void A_chunk_that_an_older_server_stored_is_read_and_counts_as_there()
    {
        byte[] bytes = new byte[1000];
        Digest digest = Digest.Of(bytes);
        Directory.CreateDirectory(Path.Combine(_folder, digest.Hex[..2]));
        File.WriteAllBytes(Path.Combine(_folder, digest.Hex[..2], digest.Hex), bytes);
        Assert.True(_chunks.Has(digest));
        using StoredChunk read = Read(digest);
        Assert.Equal(bytes, read.Plain.ToArray());
        Assert.True(read.Coded.IsEmpty);
    }

    [Fact]
    public async Task A_coded_upload_is_kept_under_the_digest_of_its_plain_bytes_and_coded_anew()
    {
        byte[] bytes = [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i % 7))];
        byte[] frame = Frame(bytes);
        (ChunkVerdict verdict, int length) =
            await _chunks.StoreAsync(Digest.Of(bytes), new MemoryStream(frame), isCoded: true, default);
        Assert.Equal((ChunkVerdict.Stored, 100_000), (verdict, length));
        using StoredChunk read = Read(Digest.Of(bytes));
        Assert.Equal(bytes, read.Plain.ToArray());

        Digest other = Digest.Of("other"u8);
        (verdict, _) = await _chunks.StoreAsync(other, new MemoryStream(frame), isCoded: true, default);
        Assert.Equal(ChunkVerdict.DigestMismatch, verdict);
        Assert.False(_chunks.Has(other));
    }

    [Theory]
    [InlineData(Limits.ChunkBytesMax, ChunkVerdict.Stored)]
    [InlineData(Limits.ChunkBytesMax + 1, ChunkVerdict.TooLarge)]
    [InlineData(1 << 30, ChunkVerdict.TooLarge)] // a bomb: 33 KB that say 1 GiB
    public async Task A_frame_of_more_than_a_chunk_is_refused_by_what_it_says(int bytes, ChunkVerdict expected)
    {
        byte[] frame = Frame(new byte[bytes]);
        Digest digest = bytes <= Limits.ChunkBytesMax ? Digest.Of(new byte[bytes]) : Digest.Of("x"u8);
        (ChunkVerdict verdict, _) =
            await _chunks.StoreAsync(digest, new MemoryStream(frame), isCoded: true, default);
        Assert.Equal(expected, verdict);
    }

    [Fact]
    public async Task A_frame_that_lies_about_its_length_or_says_none_is_refused()
    {
        byte[] bytes = [.. Enumerable.Range(0, 1000).Select(i => (byte)(i % 7))];
        byte[] frame = Frame(bytes);

        // RFC 8878 §3.1.1.1: the content size follows the descriptor; two bytes hold it less 256.
        frame[5]++;
        Assert.Equal(ChunkVerdict.Undecodable, await CodedAsync(frame));
        Assert.Equal(ChunkVerdict.Undecodable, await CodedAsync("no frame at all"u8.ToArray()));
        Assert.Equal(ChunkVerdict.Undecodable, await CodedAsync(Frame(bytes)[..^3]));
        Assert.Equal(ChunkVerdict.Empty, await CodedAsync(Frame([])));
        Assert.Equal(ChunkVerdict.Empty, await CodedAsync([]));
        Assert.Equal(ChunkVerdict.TooLarge, await CodedAsync(new byte[Limits.ChunkBytesMax + (5 * Limits.KiB)]));

        async Task<ChunkVerdict> CodedAsync(byte[] body) =>
            (await _chunks.StoreAsync(Digest.Of(bytes), new MemoryStream(body), isCoded: true, default)).Verdict;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_chunk_that_changed_on_the_disk_goes_to_nobody_is_set_aside_and_can_be_uploaded_again(bool coded)
    {
        byte[] bytes = new byte[10_000];
        if (!coded)
        {
            new Random(2).NextBytes(bytes);
        }

        Digest digest = await StoreAsync(bytes);
        string path = _chunks.PathOf(digest, coded);
        byte[] onDisk = File.ReadAllBytes(path);
        onDisk[onDisk.Length / 2] ^= 1;
        File.WriteAllBytes(path, onDisk);
        Assert.IsType<ChunkReading.Damaged>(_chunks.Read(digest));
        Assert.Equal(1, _chunks.DamagedFiles);
        Assert.False(_chunks.Has(digest));
        Assert.Equal(onDisk, File.ReadAllBytes(Path.Combine(_folder, "damaged", Path.GetFileName(path))));
        Assert.IsType<ChunkReading.Absent>(_chunks.Read(digest));
        await StoreAsync(bytes);
        Read(digest).Dispose();
    }

    [Fact]
    public async Task A_damaged_form_is_no_loss_where_the_other_one_is_there()
    {
        byte[] bytes = new byte[10_000];
        Digest digest = await StoreAsync(bytes);
        File.WriteAllBytes(_chunks.PathOf(digest, isCoded: false), bytes);
        File.WriteAllBytes(_chunks.PathOf(digest, isCoded: true), [1, 2, 3]);
        using StoredChunk read = Read(digest);
        Assert.Equal(bytes, read.Plain.ToArray());
    }

    [Fact]
    public async Task A_start_removes_what_its_own_earlier_process_left_half_written_and_nobody_else_s()
    {
        byte[] bytes = [1, 2, 3];
        await StoreAsync(bytes);
        string incoming = Path.Combine(_folder, "incoming");
        File.WriteAllBytes(Path.Combine(incoming, "replica-a-7"), bytes);
        File.WriteAllBytes(Path.Combine(incoming, "replica-b-7"), bytes);
        _ = new ChunkFolder(_folder, "replica-a");
        Assert.Equal(["replica-b-7"], Directory.EnumerateFiles(incoming).Select(Path.GetFileName));
        _chunks.SyncFolders([Digest.Of(bytes)]);
        Assert.True(_chunks.Has(Digest.Of(bytes)));
    }

    private async Task<Digest> StoreAsync(byte[] bytes)
    {
        Digest digest = Digest.Of(bytes);
        (ChunkVerdict verdict, int length) =
            await _chunks.StoreAsync(digest, new MemoryStream(bytes), isCoded: false, default);
        Assert.Equal((ChunkVerdict.Stored, bytes.Length), (verdict, length));
        return digest;
    }

    private StoredChunk Read(Digest digest) => Assert.IsType<ChunkReading.Found>(_chunks.Read(digest)).Chunk;

    private bool Exists(Digest digest, bool coded) => File.Exists(_chunks.PathOf(digest, coded));

    private static byte[] Frame(byte[] bytes)
    {
        using ZstdCompressor compressor = new(new ZstdSettings(Level: 3));
        byte[] room = new byte[ZstdCompressor.Bound(bytes.Length)];
        Assert.True(compressor.TryCompress(bytes, [], room, out int written));
        return room[..written];
    }
}
