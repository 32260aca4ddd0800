using System.Net.Http.Headers;
using System.Security.Cryptography;
using Kedge.Core;
using Kedge.Zstd;

namespace Kedge.ControlPlane.Tests.Server;

/// <summary>
/// A server with one package of one file, a device that is to run it, and that device's HTTPS client.
/// </summary>
internal sealed class ContentStage : IAsyncDisposable
{
    private readonly TestDevice _device;

    private ContentStage(TestServer server, TestPackage package, TestDevice device)
    {
        Server = server;
        Package = package;
        _device = device;
        Http = device.Http();
    }

    public TestServer Server { get; }

    public TestPackage Package { get; private set; }

    /// <summary>As the device.</summary>
    public HttpClient Http { get; private set; }

    public static async Task<ContentStage> MakeAsync(
        byte[] file, Func<ServerOptions, ServerOptions>? change = null, TimeProvider? time = null)
    {
        TestServer server = await TestServer.StartAsync(change, time: time);
        using ECDsa key = server.ModelKey();
        TestPackage package = await TestPackage.Of(key, "bearing", "model.onnx", file)
            .PushAsync(server.Client, "bearing", "v1", server.Ct);
        TestDevice device = await server.EnrolAsync("press-1", ("line", "press"));
        await device.ConnectAsync();
        await device.ReportFactsAsync();
        await server.Client.ApplyAsync(MainPathTests.Manifest, false, false, server.Ct);
        await device.UntilDesiredAsync(s => s.Workloads.Length == 1);
        return new ContentStage(server, package, device);
    }

    /// <summary>The next version: pushed, tagged, and wanted by the device.</summary>
    public async Task ReplaceAsync(byte[] file)
    {
        using ECDsa key = Server.ModelKey();
        Package = await TestPackage.Of(key, "bearing", "model.onnx", file)
            .PushAsync(Server.Client, "bearing", "v1", Server.Ct);
        await Server.Client.ApplyAsync(MainPathTests.Manifest, false, false, Server.Ct);
        await _device.UntilDesiredAsync(s => s.Workloads is [{ Models: [{ } m] }] && m.Package == Package.Digest);
    }

    /// <summary>The server starts anew; the device asks it where it is now.</summary>
    public async Task RestartAsync()
    {
        Http.Dispose();
        await Server.RestartAsync();
        Http = _device.Http();
    }

    public Task<HttpResponseMessage> GetAsync(string path, params (string Name, string Value)[] headers) =>
        GetAsync(Http, path, headers);

    public async Task<HttpResponseMessage> GetAsync(
        HttpClient http, string path, params (string Name, string Value)[] headers)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, path);
        foreach ((string name, string value) in headers)
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        }

        return await http.SendAsync(request, Server.Ct);
    }

    /// <summary>As <see cref="GetAsync(string, ValueTuple{string, string}[])"/>, once a difference is made: a busy
    /// machine takes its time.</summary>
    public Task<HttpResponseMessage> MadeAsync(string path, params (string Name, string Value)[] headers) =>
        Server.UntilAsync(
            () => GetAsync(path, headers),
            static response => (int)response.StatusCode != 503,
            static response => $"{(int)response.StatusCode}");

    /// <summary>The bytes of a difference, once it is made.</summary>
    public async Task<byte[]> MadeBytesAsync(string path)
    {
        using HttpResponseMessage made = await MadeAsync(path);
        Assert.Equal(200, (int)made.StatusCode);
        return await BytesAsync(made);
    }

    public async Task<byte[]> BytesAsync(HttpResponseMessage response) =>
        await response.Content.ReadAsByteArrayAsync(Server.Ct);

    /// <summary>Status and code of a refusal.</summary>
    public async Task<(int Status, string Code)> RefusalAsync(HttpResponseMessage response)
    {
        string text = await response.Content.ReadAsStringAsync(Server.Ct);
        int at = text.IndexOf("KEDGE-", StringComparison.Ordinal);
        return ((int)response.StatusCode, at < 0 ? text : text[at..text.IndexOf('"', at)]);
    }

    public static byte[] Unzstd(byte[] frame)
    {
        Assert.True(ZstdDecompressor.TryContentBytes(frame, out long bytes));
        byte[] plain = new byte[bytes];
        using ZstdDecompressor decompressor = new();
        Assert.True(decompressor.TryDecompress(frame, [], plain));
        return plain;
    }

    public static byte[] Coded(byte[] plain)
    {
        using ZstdCompressor compressor = new(new ZstdSettings(Level: 3));
        byte[] room = new byte[ZstdCompressor.Bound(plain.Length)];
        Assert.True(compressor.TryCompress(plain, [], room, out int written));
        return room[..written];
    }

    public static EntityTagHeaderValue Tag(HttpResponseMessage response)
    {
        EntityTagHeaderValue? tag = response.Headers.ETag;
        Assert.True(tag is { IsWeak: false });
        return tag;
    }

    /// <summary>Bytes that compress to about a half, with nothing in them that repeats.</summary>
    public static byte[] Halves(int seed, int count)
    {
        byte[] bytes = new byte[count];
        Random random = new(seed);
        for (int index = 0; index < count; index++)
        {
            bytes[index] = (byte)random.Next(16);
        }

        return bytes;
    }

    public string ChunkPath(int index) => $"/v1/chunks/{Digest.Of(Package.Chunks[index])}";

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _device.DisposeAsync();
        await Server.DisposeAsync();
    }
}
