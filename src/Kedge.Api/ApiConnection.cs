using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Kedge.Api.Resources;

namespace Kedge.Api;

/// <summary>
/// HTTPS to one server: only the root of the context is trusted, every call carries the bearer token.
/// </summary>
internal sealed class ApiConnection : IDisposable
{
    private const int ProblemBytesMax = 1024 * 1024;
    private readonly HttpClient _http;
    private readonly X509Certificate2 _root;

    public ApiConnection(KedgeContext context, TimeSpan? timeout)
    {
        _root = X509Certificate2.CreateFromPem(context.RootPem);
        SocketsHttpHandler handler = new()
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    RevocationMode = X509RevocationMode.NoCheck,
                    DisableCertificateDownloads = true,
                    CustomTrustStore = { _root },
                },
            },
        };
        _http = new HttpClient(handler)
        {
            BaseAddress = new Uri(context.Server.TrimEnd('/') + "/"),
            Timeout = timeout ?? TimeSpan.FromMinutes(2),
        };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", context.Token);
    }

    public async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken ct)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, path);
        return await SendAsync(request, type, ct).ConfigureAwait(false);
    }

    public async Task<TOut> SendAsync<TIn, TOut>(
        HttpMethod method, string path, Body<TIn> body, JsonTypeInfo<TOut> type, CancellationToken ct)
    {
        using HttpRequestMessage request = new(method, path) { Content = JsonBody(body.Value, body.Type) };
        return await SendAsync(request, type, ct).ConfigureAwait(false);
    }

    public async Task<T> SendAsync<T>(HttpRequestMessage request, JsonTypeInfo<T> type, CancellationToken ct)
    {
        using HttpResponseMessage response = await SendAsync(request, ct).ConfigureAwait(false);
        using Stream stream = await response.Content.ReadAsStreamAsync(ct).ConfigureAwait(false);
        return await JsonSerializer.DeserializeAsync(stream, type, ct).ConfigureAwait(false)
            ?? throw new JsonException("the server's answer is empty");
    }

    /// <summary>Sends; throws <see cref="KedgeApiException"/> for every answer that is not a success.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken ct)
    {
        // Over HTTP/2 a refusal that comes before the end of a body is read like any other answer.
        request.Version = HttpVersion.Version20;
        HttpResponseMessage response =
            await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct).ConfigureAwait(false);
        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            throw new KedgeApiException(
                (int)response.StatusCode, await ReadProblemAsync(response, ct).ConfigureAwait(false));
        }
    }

    /// <summary>Server-sent events until the caller stops or the server closes.</summary>
    public async IAsyncEnumerable<string> EventsAsync(string path, [EnumeratorCancellation] CancellationToken ct)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, path);
        request.Headers.Accept.ParseAdd("text/event-stream");
        using HttpResponseMessage response = await SendAsync(request, ct).ConfigureAwait(false);
        using StreamReader reader = new(await response.Content.ReadAsStreamAsync(ct).ConfigureAwait(false));
        while (await reader.ReadLineAsync(ct).ConfigureAwait(false) is string line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                yield return line["data: ".Length..];
            }
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _root.Dispose();
    }

    internal static ByteArrayContent JsonBody<T>(T value, JsonTypeInfo<T> type)
    {
        ByteArrayContent content = new(JsonSerializer.SerializeToUtf8Bytes(value, type));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }

    private static async Task<ProblemResource> ReadProblemAsync(HttpResponseMessage response, CancellationToken ct)
    {
        string plain = $"the server answered {(int)response.StatusCode} {response.ReasonPhrase}";
        ProblemResource unknown = new() { Error = new ErrorResource("", plain) };
        try
        {
            await response.Content.LoadIntoBufferAsync(ProblemBytesMax, ct).ConfigureAwait(false);
            byte[] bytes = await response.Content.ReadAsByteArrayAsync(ct).ConfigureAwait(false);
            return bytes.Length == 0
                ? unknown
                : JsonSerializer.Deserialize(bytes, ApiJson.Default.ProblemResource) ?? unknown;
        }
        catch (Exception e) when (e is JsonException or HttpRequestException)
        {
            return unknown;
        }
    }

    /// <summary>A value with the way to write it.</summary>
    internal readonly record struct Body<T>(T Value, JsonTypeInfo<T> Type);
}
