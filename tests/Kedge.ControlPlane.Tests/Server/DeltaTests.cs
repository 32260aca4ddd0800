using System.Net.Http.Headers;
using System.Security.Cryptography;
using Kedge.ControlPlane.Tests.Content;
using Kedge.Core;
using static Kedge.ControlPlane.Tests.Server.ContentStage;

namespace Kedge.ControlPlane.Tests.Server;

/// <summary>Differences between files as devices fetch them, over TLS.</summary>
public sealed class DeltaTests
{
    private static readonly byte[] First = WeightFiles.Make(1, 40_000);
    private static readonly byte[] Tuned = WeightFiles.Make(1, 40_000, noise: 1e-4);
    private static readonly byte[] LastLayer = WeightFiles.Make(1, 40_000, noise: 0.5, changed: 1);

    [Fact]
    public async Task A_device_gets_the_next_version_as_what_changed_and_goes_on_where_it_broke()
    {
        await using ContentStage stage = await MakeAsync(First);
        await stage.ReplaceAsync(Tuned);
        string path = PathOf(Tuned, First);
        using HttpResponseMessage whole = await stage.MadeAsync(path, ("Accept-Encoding", "zstd"));
        byte[] container = await stage.BytesAsync(whole);
        Assert.Equal(200, (int)whole.StatusCode);
        Assert.Equal("application/vnd.kedge.delta.v1", whole.Content.Headers.ContentType?.MediaType);
        Assert.Empty(whole.Content.Headers.ContentEncoding);
        Assert.Equal($"\"{Digest.Of(container)}\"", Tag(whole).Tag);
        Assert.Equal(Tuned, ContainerReader.Decode(container, First));
        Assert.True(container.Length < Tuned.Length / 2, $"{container.Length} of {Tuned.Length}");

        foreach (int broke in (int[])[1, 96, container.Length / 2, container.Length - 1])
        {
            using HttpResponseMessage rest =
                await stage.GetAsync(path, ("Range", $"bytes={broke}-"), ("If-Range", Tag(whole).Tag));
            Assert.Equal(206, (int)rest.StatusCode);
            Assert.Equal(container[broke..], await stage.BytesAsync(rest));
        }

        using HttpResponseMessage other = await stage.GetAsync(path, ("Range", "bytes=9-"), ("If-Range", "\"x\""));
        Assert.Equal(200, (int)other.StatusCode);

        // Over a restart it is there, checked and not computed again.
        await stage.RestartAsync();
        using HttpResponseMessage again =
            await stage.MadeAsync(path, ("Range", "bytes=1000-"), ("If-Range", Tag(whole).Tag));
        Assert.Equal(206, (int)again.StatusCode);
        Assert.Equal(container[1000..], await stage.BytesAsync(again));
        string metrics = await MetricsAsync(stage);
        Assert.DoesNotContain("outcome=\"computed\"", metrics, StringComparison.Ordinal);
        Assert.Contains($"kedge_server_delta_cache_bytes {container.Length}\n", metrics, StringComparison.Ordinal);
        Assert.Contains(
            $"content_bytes_total{{kind=\"delta\"}} {container.Length - 1000}\n", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_in_the_last_layer_costs_that_layer_and_a_second_server_makes_the_same_bytes()
    {
        await using ContentStage stage = await MakeAsync(First);
        await stage.ReplaceAsync(LastLayer);
        using HttpResponseMessage one = await stage.MadeAsync(PathOf(LastLayer, First));
        byte[] container = await stage.BytesAsync(one);
        Assert.Equal(LastLayer, ContainerReader.Decode(container, First));
        Assert.True(container.Length < LastLayer.Length / 4, $"{container.Length} of {LastLayer.Length}");
        string metrics = await MetricsAsync(stage);
        Assert.Contains("kedge_server_deltas_total{outcome=\"computed\"} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains(
            $"kedge_server_delta_computed_bytes_total {container.Length}\n", metrics, StringComparison.Ordinal);

        await using ContentStage other = await MakeAsync(First);
        await other.ReplaceAsync(LastLayer);
        using HttpResponseMessage two = await other.MadeAsync(PathOf(LastLayer, First));
        Assert.Equal(Tag(one), Tag(two));
        Assert.Equal(container, await other.BytesAsync(two));
    }

    [Fact]
    public async Task Without_a_base_or_with_one_that_is_not_of_the_model_the_file_stands_alone()
    {
        await using ContentStage stage = await MakeAsync(First);
        byte[] foreign = WeightFiles.Make(2, 40_000);
        using (ECDsa key = stage.Server.ModelKey())
        {
            await TestPackage.Of(key, "other", "model.onnx", foreign)
                .PushAsync(stage.Server.Client, "other", "v1", stage.Server.Ct);
        }

        string tag = "";
        string[] bases =
        [
            "", $"?base={Digest.Of("nobody's"u8)}", $"?base={Digest.Of(foreign)}", $"?base={Digest.Of(First)}",
        ];
        foreach (string query in bases)
        {
            using HttpResponseMessage alone = await stage.MadeAsync($"/v1/deltas/{Digest.Of(First)}{query}");
            byte[] container = await stage.BytesAsync(alone);
            Assert.Equal(200, (int)alone.StatusCode);
            Assert.Null(ContainerReader.Header(container).Base);
            Assert.Equal(First, ContainerReader.Decode(container, null));
            Assert.Equal(tag.Length == 0 ? Tag(alone).Tag : tag, Tag(alone).Tag);
            tag = Tag(alone).Tag;
        }
    }

    [Fact]
    public async Task Who_may_not_have_the_file_gets_no_difference_of_it_and_a_bad_digest_is_told()
    {
        await using ContentStage stage = await MakeAsync(First);
        await stage.ReplaceAsync(Tuned);
        await RefusedAsync(403, "KEDGE-API-012", PathOf(First, Tuned)); // of yesterday: no longer named
        await RefusedAsync(403, "KEDGE-API-012", $"/v1/deltas/{stage.Package.Digest}"); // a package is no file
        await RefusedAsync(403, "KEDGE-API-012", $"/v1/deltas/{Digest.Of(stage.Package.Chunks[0])}");
        await RefusedAsync(400, "KEDGE-API-006", "/v1/deltas/sha256:12");
        await RefusedAsync(400, "KEDGE-API-006", $"/v1/deltas/{Digest.Of(Tuned)}?base=x");
        await using TestDevice other = await stage.Server.EnrolAsync("mill-1", ("line", "mill"));
        using HttpClient stranger = other.Http();
        using HttpResponseMessage refused = await stage.GetAsync(stranger, PathOf(Tuned, First));
        Assert.Equal((403, "KEDGE-API-012"), await stage.RefusalAsync(refused));
        using HttpClient nobody = stage.Server.Bare();
        using HttpResponseMessage unknown = await stage.GetAsync(nobody, PathOf(Tuned, First));
        Assert.Equal(401, (int)unknown.StatusCode);

        async Task RefusedAsync(int status, string code, string path)
        {
            using HttpResponseMessage response = await stage.GetAsync(path);
            Assert.Equal((status, code), await stage.RefusalAsync(response));
        }
    }

    [Fact]
    public async Task What_is_not_worth_it_is_none_and_chunks_are_to_be_taken()
    {
        // Always the same noise: where its last chunk happened to be tiny, a difference would be worth nothing.
        byte[] noise = new byte[300_000];
        new Random(7).NextBytes(noise);
        byte[] longer = [.. noise, 1, 2, 3];
        await using ContentStage stage = await MakeAsync(noise);
        await NoneAsync(stage, $"/v1/deltas/{Digest.Of(noise)}", "KEDGE-SERVER-016");
        await stage.ReplaceAsync(longer);
        using HttpResponseMessage small = await stage.MadeAsync(PathOf(longer, noise));
        Assert.Equal(longer, ContainerReader.Decode(await stage.BytesAsync(small), noise));
        string metrics = await MetricsAsync(stage);
        Assert.Contains("kedge_server_deltas_total{outcome=\"useless\"} 1\n", metrics, StringComparison.Ordinal);
        await NoneAsync(stage, $"/v1/deltas/{Digest.Of(longer)}", "KEDGE-SERVER-016");

        await using ContentStage off = await MakeAsync(First, o => o with { DeltaBytesMax = 0 });
        await NoneAsync(off, $"/v1/deltas/{Digest.Of(First)}", "computes no differences");
    }

    [Fact]
    public async Task While_it_is_computed_the_device_is_told_when_to_ask_again()
    {
        await using ContentStage stage = await MakeAsync(First, time: new HastyTime());
        string path = $"/v1/deltas/{Digest.Of(First)}";
        using HttpResponseMessage busy = await stage.GetAsync(path);
        Assert.Equal((503, "KEDGE-API-022"), await stage.RefusalAsync(busy));
        Assert.InRange(busy.Headers.RetryAfter?.Delta ?? default, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
        byte[] container = await stage.Server.UntilAsync(
            async () =>
            {
                using HttpResponseMessage response = await stage.GetAsync(path);
                return (int)response.StatusCode == 200 ? await stage.BytesAsync(response) : [];
            },
            bytes => bytes.Length > 0);
        Assert.Equal(First, ContainerReader.Decode(container, null));
    }

    [Fact]
    public async Task A_stop_ends_what_is_being_computed_and_the_next_start_computes_it_anew()
    {
        byte[] large = WeightFiles.Make(3, 500_000);
        await using ContentStage stage = await MakeAsync(large, time: new HastyTime());
        string path = $"/v1/deltas/{Digest.Of(large)}";
        using HttpResponseMessage busy = await stage.GetAsync(path);
        Assert.Equal(503, (int)busy.StatusCode);
        long start = TimeProvider.System.GetTimestamp();
        await stage.RestartAsync();
        Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(10));
        string deltas = Path.Combine(stage.Server.Options.DataFolder, "deltas");
        Assert.Empty(Directory.EnumerateFiles(deltas, "*", SearchOption.AllDirectories));
        using HttpResponseMessage again = await stage.GetAsync(path);
        Assert.Equal(503, (int)again.StatusCode);
    }

    [Fact]
    public async Task A_difference_that_changed_on_the_disk_is_computed_again()
    {
        await using ContentStage stage = await MakeAsync(First);
        string path = $"/v1/deltas/{Digest.Of(First)}";
        byte[] container = await stage.MadeBytesAsync(path);
        string deltas = Path.Combine(stage.Server.Options.DataFolder, "deltas");
        string file = Assert.Single(Directory.GetFiles(deltas, "*.delta", SearchOption.AllDirectories));
        byte[] onDisk = File.ReadAllBytes(file);
        onDisk[onDisk.Length / 2] ^= 1;
        File.WriteAllBytes(file, onDisk);
        await stage.RestartAsync();
        Assert.Equal(container, await stage.MadeBytesAsync(path));
    }

    [Fact]
    public async Task A_damaged_chunk_under_a_difference_is_found_and_chunks_are_taken_until_it_is_mended()
    {
        ShiftedTime time = new();
        await using ContentStage stage = await MakeAsync(First, time: time);
        TestServer server = stage.Server;
        Digest chunk = Digest.Of(stage.Package.Chunks[1]);
        string chunks = Path.Combine(server.Options.DataFolder, "chunks");
        string file = Assert.Single(Directory.GetFiles(chunks, chunk.Hex + "*", SearchOption.AllDirectories));
        File.WriteAllText(file, "something else");
        string path = $"/v1/deltas/{Digest.Of(First)}";
        await NoneAsync(stage, path, "KEDGE-SERVER-015");
        await stage.Package.PushAsync(server.Client, "bearing", "v1", server.Ct);
        await NoneAsync(stage, path, "KEDGE-SERVER-015"); // remembered for ten minutes
        time.Offset += ServerLimits.DeltaFailedFor;
        Assert.Equal(First, ContainerReader.Decode(await stage.MadeBytesAsync(path), null));
        Assert.Contains(
            "kedge_server_deltas_total{outcome=\"failed\"} 1\n", await MetricsAsync(stage), StringComparison.Ordinal);
    }

    private static string PathOf(byte[] target, byte[] origin) =>
        $"/v1/deltas/{Digest.Of(target)}?base={Digest.Of(origin)}";

    private static async Task NoneAsync(ContentStage stage, string path, string why)
    {
        using HttpResponseMessage response = await stage.MadeAsync(path);
        string text = await response.Content.ReadAsStringAsync(stage.Server.Ct);
        Assert.Equal(404, (int)response.StatusCode);
        Assert.Contains("KEDGE-API-023", text, StringComparison.Ordinal);
        Assert.Contains(why, text, StringComparison.Ordinal);
    }

    private static async Task<string> MetricsAsync(ContentStage stage)
    {
        using HttpClient http = stage.Server.Bare();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", stage.Server.Context.Token);
        return await http.GetStringAsync("/metrics", stage.Server.Ct);
    }
}
