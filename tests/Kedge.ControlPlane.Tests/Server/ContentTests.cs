using System.Net.Http.Headers;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.Core;
using static Kedge.ControlPlane.Tests.Server.ContentStage;

namespace Kedge.ControlPlane.Tests.Server;

/// <summary>Content as devices fetch it, over TLS: codings, validators, ranges, and what odd clients send.</summary>
public sealed class ContentTests
{
    [Fact]
    public async Task A_chunk_goes_coded_to_who_takes_that_under_an_entity_tag_of_its_own()
    {
        await using ContentStage stage = await MakeAsync(Halves(1, 200_000));
        byte[] chunk = stage.Package.Chunks[0];
        using HttpResponseMessage plain = await stage.GetAsync(stage.ChunkPath(0));
        Assert.Equal(chunk, await stage.BytesAsync(plain));
        Assert.Empty(plain.Content.Headers.ContentEncoding);
        Assert.Equal($"\"{Digest.Of(chunk)}\"", Tag(plain).Tag);
        foreach (string taken in (string[])["zstd", "gzip, ZSTD;q=0.5", "*", "br;q=1, zstd;q=1, identity;q=0.5"])
        {
            using HttpResponseMessage coded = await stage.GetAsync(stage.ChunkPath(0), ("Accept-Encoding", taken));
            byte[] frame = await stage.BytesAsync(coded);
            Assert.Equal(["zstd"], coded.Content.Headers.ContentEncoding);
            Assert.Equal(chunk, Unzstd(frame));
            Assert.True(frame.Length < chunk.Length * 0.6);
            Assert.NotEqual(Tag(plain), Tag(coded));
            Assert.Equal(["Accept-Encoding"], coded.Headers.Vary);
        }

        string[] others =
        [
            "gzip", "zstd;q=0", "identity, zstd;q=0.2", "*;q=0", "snappy-framed;x=y", "zstd;q=nonsense", ",,,",
            new('z', 2000),
        ];
        foreach (string taken in others)
        {
            using HttpResponseMessage other = await stage.GetAsync(stage.ChunkPath(0), ("Accept-Encoding", taken));
            Assert.Equal(200, (int)other.StatusCode);
            Assert.Equal(chunk, await stage.BytesAsync(other));
        }
    }

    [Fact]
    public async Task A_range_counts_in_the_form_that_its_entity_tag_names()
    {
        await using ContentStage stage = await MakeAsync(Halves(2, 200_000));
        string path = stage.ChunkPath(1);
        using HttpResponseMessage whole = await stage.GetAsync(path, ("Accept-Encoding", "zstd"));
        byte[] frame = await stage.BytesAsync(whole);
        foreach (int broke in (int[])[1, 1000, frame.Length - 1])
        {
            using HttpResponseMessage rest = await stage.GetAsync(
                path, ("Accept-Encoding", "zstd"), ("Range", $"bytes={broke}-"), ("If-Range", Tag(whole).Tag));
            Assert.Equal(206, (int)rest.StatusCode);
            Assert.Equal(["zstd"], rest.Content.Headers.ContentEncoding);
            Assert.Equal(
                new ContentRangeHeaderValue(broke, frame.Length - 1, frame.Length), rest.Content.Headers.ContentRange);
            byte[] joined = [.. frame[..broke], .. await stage.BytesAsync(rest)];
            Assert.Equal(stage.Package.Chunks[1], Unzstd(joined));
        }

        // What began in the other form begins anew, whole.
        using HttpResponseMessage plain = await stage.GetAsync(
            path, ("Range", "bytes=1000-"), ("If-Range", Tag(whole).Tag));
        Assert.Equal(200, (int)plain.StatusCode);
        Assert.Equal(stage.Package.Chunks[1], await stage.BytesAsync(plain));

        // An agent of the last version sends no If-Range and takes no coding.
        using HttpResponseMessage old = await stage.GetAsync(path, ("Range", "bytes=-10"));
        Assert.Equal(206, (int)old.StatusCode);
        Assert.Equal(stage.Package.Chunks[1][^10..], await stage.BytesAsync(old));
    }

    [Fact]
    public async Task An_envelope_goes_coded_and_in_ranges_too()
    {
        await using ContentStage stage = await MakeAsync(Halves(3, 2_000_000));
        string path = $"/v1/packages/{stage.Package.Digest}";
        using HttpResponseMessage plain = await stage.GetAsync(path);
        Assert.Equal(stage.Package.Envelope, await stage.BytesAsync(plain));
        using HttpResponseMessage coded = await stage.GetAsync(path, ("Accept-Encoding", "zstd"));
        byte[] frame = await stage.BytesAsync(coded);
        Assert.Equal(stage.Package.Envelope, Unzstd(frame));
        Assert.True(frame.Length < stage.Package.Envelope.Length * 0.75, $"{frame.Length}");
        Assert.NotEqual(Tag(plain), Tag(coded));
        using HttpResponseMessage rest = await stage.GetAsync(
            path, ("Accept-Encoding", "zstd"), ("Range", "bytes=100-"), ("If-Range", Tag(coded).Tag));
        Assert.Equal(206, (int)rest.StatusCode);
        Assert.Equal(frame[100..], await stage.BytesAsync(rest));
    }

    [Fact]
    public async Task Preconditions_and_odd_ranges_are_answered_as_the_standard_says()
    {
        await using ContentStage stage = await MakeAsync(Halves(4, 200_000));
        string path = stage.ChunkPath(0);
        int length = stage.Package.Chunks[0].Length;
        string tag = $"\"{Digest.Of(stage.Package.Chunks[0])}\"";
        await ExpectAsync(304, 0, ("If-None-Match", tag));
        await ExpectAsync(304, 0, ("If-None-Match", $"\"x\", {tag}"));
        await ExpectAsync(304, 0, ("If-None-Match", "*"));
        await ExpectAsync(200, length, ("If-None-Match", $"W/{tag}"));
        await ExpectAsync(200, length, ("If-Match", tag));
        await ExpectAsync(206, 10, ("Range", "bytes=0-9"));
        await ExpectAsync(206, 10, ("Range", $"bytes={length - 10}-{length + 100}"));
        await ExpectAsync(206, length, ("Range", $"bytes=-{length * 2}"));

        // What is not one range of bytes may be ignored (RFC 9110 §14.2), and is.
        await ExpectAsync(200, length, ("Range", "bytes=0-1,5-9"));
        await ExpectAsync(200, length, ("Range", "lines=0-1"));
        await ExpectAsync(200, length, ("Range", "bytes=9-0"));
        await ExpectAsync(200, length, ("Range", "bytes=a-b"));
        await ExpectAsync(200, length, ("Range", "bytes=0-99999999999999999999"));
        await ExpectAsync(200, length, ("Range", "bytes=" + string.Join(',', Enumerable.Repeat("0-0", 5000))));
        await ExpectAsync(200, length, ("Range", "bytes=0-1"), ("Range", "bytes=0-1"));

        // A validator that is not exactly the one, weak, a date, or of any length: the whole.
        await ExpectAsync(200, length, ("Range", "bytes=0-9"), ("If-Range", $"W/{tag}"));
        await ExpectAsync(200, length, ("Range", "bytes=0-9"), ("If-Range", "Sat, 29 Oct 1994 19:43:31 GMT"));
        await ExpectAsync(200, length, ("Range", "bytes=0-9"), ("If-Range", new string('x', 16_000)));
        await ExpectAsync(200, length, ("Range", "bytes=0-9"), ("If-Range", tag), ("If-Range", tag));
        await ExpectAsync(206, 10, ("Range", "bytes=0-9"), ("If-Range", tag));

        using HttpResponseMessage beyond = await stage.GetAsync(path, ("Range", $"bytes={length}-"));
        Assert.Equal((416, "KEDGE-API-006"), await stage.RefusalAsync(beyond));
        Assert.Equal($"bytes */{length}", beyond.Content.Headers.ContentRange?.ToString());
        using HttpResponseMessage nothing = await stage.GetAsync(path, ("Range", "bytes=-0"));
        Assert.Equal(416, (int)nothing.StatusCode);
        using HttpResponseMessage other = await stage.GetAsync(path, ("If-Match", "\"x\""));
        Assert.Equal((412, "KEDGE-API-026"), await stage.RefusalAsync(other));
        Assert.Null(other.Headers.CacheControl);

        // More header than a server takes at all.
        using HttpResponseMessage huge = await stage.GetAsync(path, ("If-Range", new string('x', 40_000)));
        Assert.Equal(431, (int)huge.StatusCode);

        async Task ExpectAsync(int status, int bytes, params (string, string)[] headers)
        {
            using HttpResponseMessage response = await stage.GetAsync(path, headers);
            byte[] body = await stage.BytesAsync(response);
            Assert.True(status == (int)response.StatusCode && bytes == body.Length,
                $"{headers[0]}: {(int)response.StatusCode}, {body.Length} bytes");
        }
    }

    [Fact]
    public async Task Coded_uploads_are_taken_and_bombs_lies_and_unknown_codings_refused()
    {
        await using TestServer server = await TestServer.StartAsync();
        byte[] chunk = Halves(5, 100_000);
        string digest = Digest.Of(chunk).ToString();
        await server.Client.PutChunkAsync(digest, Coded(chunk), "zstd", server.Ct);
        Assert.Empty((await server.Client.MissingChunksAsync([digest], server.Ct)).Digests);

        string other = Digest.Of("x"u8).ToString();
        await RefusedAsync(422, "KEDGE-API-007", Coded(chunk), "zstd");
        await RefusedAsync(413, "KEDGE-API-002", Coded(new byte[300_000_000]), "zstd");
        await RefusedAsync(413, "KEDGE-API-002", Coded(new byte[Limits.ChunkBytesMax + 1]), "zstd");
        await RefusedAsync(413, "KEDGE-API-002", new byte[Limits.ChunkBytesMax + (8 * Limits.KiB)], "zstd");
        await RefusedAsync(400, "KEDGE-API-025", "no frame"u8.ToArray(), "zstd");
        await RefusedAsync(400, "KEDGE-API-025", Coded(chunk)[..^10], "zstd");
        await RefusedAsync(400, "KEDGE-API-001", Coded([]), "zstd");
        await RefusedAsync(415, "KEDGE-API-024", chunk, "gzip");
        await RefusedAsync(415, "KEDGE-API-024", chunk, new string('q', 500));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(server.Options.DataFolder, "chunks", "incoming")));
        Assert.Equal([other], (await server.Client.MissingChunksAsync([other], server.Ct)).Digests);

        async Task RefusedAsync(int status, string code, byte[] body, string coding)
        {
            KedgeApiException refused = await Assert.ThrowsAsync<KedgeApiException>(
                () => server.Client.PutChunkAsync(other, body, coding, server.Ct));
            Assert.Equal((status, code), (refused.Status, refused.Problem.Error.Code));
        }
    }

    [Fact]
    public async Task A_chunk_that_changed_on_the_server_s_disk_goes_to_no_device_and_the_next_push_mends_it()
    {
        await using ContentStage stage = await MakeAsync(Halves(6, 200_000));
        TestServer server = stage.Server;
        byte[] chunk = stage.Package.Chunks[0];
        string folder = Path.Combine(server.Options.DataFolder, "chunks");
        string file = Assert.Single(
            Directory.GetFiles(folder, Digest.Of(chunk).Hex + "*", SearchOption.AllDirectories));
        byte[] onDisk = File.ReadAllBytes(file);
        onDisk[100] ^= 4;
        File.WriteAllBytes(file, onDisk);
        for (int time = 0; time < 2; time++)
        {
            using HttpResponseMessage damaged = await stage.GetAsync(stage.ChunkPath(0), ("Accept-Encoding", "zstd"));
            Assert.Equal((503, "KEDGE-API-021"), await stage.RefusalAsync(damaged));
        }

        PushResource answer = await server.Client.PushPackageAsync(stage.Package.Envelope, server.Ct);
        Assert.Equal([Digest.Of(chunk).ToString()], answer.MissingChunks);
        await stage.Package.PushAsync(server.Client, "bearing", "v1", server.Ct);
        Assert.Equal(chunk, await stage.Http.GetByteArrayAsync(stage.ChunkPath(0), server.Ct));
        string metrics = await MetricsAsync(server);
        Assert.Contains("kedge_server_chunks_damaged_total 1\n", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Collection_is_for_administrators_and_says_what_it_frees()
    {
        await using TestServer server = await TestServer.StartAsync();
        byte[] chunk = Halves(7, 50_000);
        await server.Client.PutChunkAsync(Digest.Of(chunk).ToString(), chunk, server.Ct);

        // It came within the last day: a push may be on its way.
        CollectionResource look = await server.Client.CollectContentAsync(dryRun: true, verify: true, server.Ct);
        Assert.Equal((true, 0, 1), (look.DryRun, look.Chunks.Count, look.Verified));
        CollectionResource done = await server.Client.CollectContentAsync(dryRun: false, verify: false, server.Ct);
        Assert.Equal((false, 0, 0, 0, 0), (done.DryRun, done.Chunks.Count, done.Orphans.Count, done.Deltas.Count,
            done.Leftovers.Count));

        CredentialResource viewer = await server.Client.CreateCredentialAsync("ada", "viewer", server.Ct);
        using KedgeClient seeing = new(server.Context with { Token = viewer.Token ?? "" });
        KedgeApiException refused = await Assert.ThrowsAsync<KedgeApiException>(
            () => seeing.CollectContentAsync(dryRun: true, verify: false, server.Ct));
        Assert.Equal(403, refused.Status);
    }

    [Fact]
    public async Task Chunks_of_a_deleted_package_are_collected_after_a_day()
    {
        ShiftedTime time = new();
        await using TestServer server = await TestServer.StartAsync(time: time);
        TestPackage package = await TestPackage.PushAsync(server, "bearing", "v1", 1);
        await server.Client.DeleteAsync("packages", package.Digest.ToString(), server.Ct);
        time.Offset = TimeSpan.FromHours(25);
        CollectionResource look = await server.Client.CollectContentAsync(dryRun: true, verify: false, server.Ct);
        CollectionResource done = await server.Client.CollectContentAsync(dryRun: false, verify: false, server.Ct);
        Assert.Equal((2, look.Chunks), (done.Chunks.Count, done.Chunks));
        Assert.InRange(done.Chunks.Bytes, 100, 50_000);
        string chunks = Path.Combine(server.Options.DataFolder, "chunks");
        Assert.Empty(Directory.EnumerateFiles(chunks, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Bytes_are_counted_by_kind_as_they_went_over_the_line()
    {
        await using ContentStage stage = await MakeAsync(Halves(8, 150_000));
        using HttpResponseMessage coded = await stage.GetAsync(stage.ChunkPath(0), ("Accept-Encoding", "zstd"));
        int chunk = (await stage.BytesAsync(coded)).Length;
        using HttpResponseMessage part = await stage.GetAsync(stage.ChunkPath(0), ("Range", "bytes=0-99"));
        await stage.BytesAsync(part);
        string package = $"/v1/packages/{stage.Package.Digest}";
        int envelope = (await stage.Http.GetByteArrayAsync(package, stage.Server.Ct)).Length;
        string metrics = await stage.Server.UntilAsync(
            () => MetricsAsync(stage.Server),
            m => m.Contains($"content_bytes_total{{kind=\"package\"}} {envelope}\n", StringComparison.Ordinal));
        Assert.Contains($"content_bytes_total{{kind=\"chunk\"}} {chunk + 100}\n", metrics, StringComparison.Ordinal);
    }

    private static async Task<string> MetricsAsync(TestServer server)
    {
        using HttpClient http = server.Bare();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", server.Context.Token);
        return await http.GetStringAsync("/metrics", server.Ct);
    }
}
