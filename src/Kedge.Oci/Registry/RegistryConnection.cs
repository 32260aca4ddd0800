using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Kedge.Core.Errors;

namespace Kedge.Oci.Registry;

/// <summary>
/// Calls one registry: logs in when it is asked to, tries again what may be tried again, and follows where an answer
/// leads, with credentials for the registry alone.
/// </summary>
internal sealed class RegistryConnection : IDisposable
{
    private readonly HttpClient _http;
    private readonly RegistryOptions _options;
    private AuthenticationHeaderValue? _authorization;

    public RegistryConnection(RegistryAddress address, RegistryOptions options)
    {
        Address = address;
        _options = options;
        SocketsHttpHandler handler = new()
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = !address.IsHere,
            ConnectTimeout = options.StallMax,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            MaxResponseHeadersLength = 64,
        };
        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("kedge");
    }

    public RegistryAddress Address { get; }

    public TimeSpan StallMax => _options.StallMax;

    /// <summary>Sends once, logging in when asked to; what breaks is thrown as it is.</summary>
    public async Task<HttpResponseMessage> SendOnceAsync(Func<HttpRequestMessage> make, CancellationToken ct)
    {
        HttpResponseMessage response = await FollowAsync(make, ct).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.Unauthorized || !Address.IsRegistry(AskedOf(response)))
        {
            return response;
        }

        AuthChallenge? challenge = AuthChallenge.Of(response.Headers.WwwAuthenticate);
        response.Dispose();
        await LogInAsync(challenge, ct).ConfigureAwait(false);
        return await FollowAsync(make, ct).ConfigureAwait(false);
    }

    /// <summary>Sends what may be sent more than once.</summary>
    /// <exception cref="KedgeException">It cannot be reached (KEDGE-OCI-002).</exception>
    public async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> make, CancellationToken ct)
    {
        for (int tries = 1; ; tries++)
        {
            TimeSpan wait = Delay(tries);
            try
            {
                HttpResponseMessage response = await SendOnceAsync(make, ct).ConfigureAwait(false);
                if (!IsPassing(response.StatusCode) || tries == OciLimits.TriesMax)
                {
                    return response;
                }

                wait = response.Headers.RetryAfter?.Delta is { } asked && asked < OciLimits.RetryDelayMax
                    ? asked
                    : wait;
                response.Dispose();
            }
            catch (Exception exception) when (IsBreak(exception, ct))
            {
                if (tries == OciLimits.TriesMax)
                {
                    throw Unreachable(exception);
                }
            }

            await Task.Delay(wait, _options.Time, ct).ConfigureAwait(false);
        }
    }

    /// <summary>Waits before another try of a transfer.</summary>
    public Task WaitAsync(int tries, CancellationToken ct) => Task.Delay(Delay(tries), _options.Time, ct);

    /// <summary>True when an exception means that a connection broke, or stood still.</summary>
    public static bool IsBreak(Exception exception, CancellationToken ct) =>
        exception is HttpRequestException or IOException
        || (exception is OperationCanceledException && !ct.IsCancellationRequested);

    /// <summary>Ends with what the registry said.</summary>
    public async Task<KedgeException> RefusedAsync(HttpResponseMessage response, string what, CancellationToken ct)
    {
        ErrorCode code = response.StatusCode switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => OciErrors.Unauthorized,
            HttpStatusCode.NotFound => OciErrors.NotFound,
            _ => OciErrors.Refused,
        };
        string said = await ProblemAsync(response, ct).ConfigureAwait(false);
        return new KedgeException(
            code, $"{Address.Host}: {what}: {(int)response.StatusCode}{(said.Length > 0 ? " " + said : "")}");
    }

    /// <summary>Reads a body that must be small.</summary>
    /// <exception cref="KedgeException">It is not (KEDGE-OCI-006).</exception>
    public async Task<byte[]> ReadAsync(HttpResponseMessage response, int bytesMax, CancellationToken ct)
    {
        if (response.Content.Headers.ContentLength > bytesMax)
        {
            throw TooMuch(bytesMax);
        }

        using MemoryStream all = new();
        byte[] buffer = new byte[16 * 1024];
        Stream body = await response.Content.ReadAsStreamAsync(ct).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            int read;
            while ((read = await ReadAsync(body, buffer, ct).ConfigureAwait(false)) > 0)
            {
                if (all.Length + read > bytesMax)
                {
                    throw TooMuch(bytesMax);
                }

                all.Write(buffer, 0, read);
            }
        }

        return all.ToArray();
    }

    /// <summary>Reads on, as long as it does not stand still.</summary>
    public async Task<int> ReadAsync(Stream body, Memory<byte> into, CancellationToken ct)
    {
        using CancellationTokenSource stall = CancellationTokenSource.CreateLinkedTokenSource(ct);
        stall.CancelAfter(_options.StallMax);
        return await body.ReadAsync(into, stall.Token).ConfigureAwait(false);
    }

    public KedgeException Unreachable(Exception exception) => new(
        OciErrors.Unreachable,
        $"{Address.Root.GetLeftPart(UriPartial.Authority)}: "
        + (exception is OperationCanceledException
            ? "it does not answer in time"
            : exception.InnerException?.Message ?? exception.Message),
        exception);

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> FollowAsync(Func<HttpRequestMessage> make, CancellationToken ct)
    {
        Uri? elsewhere = null;
        for (int redirects = 0; redirects <= OciLimits.RedirectsMax; redirects++)
        {
            HttpRequestMessage request = make();
            bool mayFollow = request.Method == HttpMethod.Get || request.Method == HttpMethod.Head;
            request.RequestUri = elsewhere ?? request.RequestUri;
            Uri asked = request.RequestUri ?? Address.Root;
            request.Headers.Authorization = Address.IsRegistry(asked) ? _authorization : null;
            HttpResponseMessage response = await HeadAsync(request, ct).ConfigureAwait(false);
            if (!mayFollow || (int)response.StatusCode is not (301 or 302 or 303 or 307 or 308))
            {
                return response;
            }

            using (response)
            {
                elsewhere = Address.Follow(asked, response.Headers.Location, "a redirect");
            }
        }

        throw new KedgeException(OciErrors.Redirect, $"there are more than {OciLimits.RedirectsMax} redirects");
    }

    /// <summary>Sends, and reads no further than the head of the answer, which must come in time.</summary>
    private async Task<HttpResponseMessage> HeadAsync(HttpRequestMessage request, CancellationToken ct)
    {
        using CancellationTokenSource stall = CancellationTokenSource.CreateLinkedTokenSource(ct);
        stall.CancelAfter(_options.StallMax);
        return await _http
            .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stall.Token).ConfigureAwait(false);
    }

    private async Task LogInAsync(AuthChallenge? challenge, CancellationToken ct)
    {
        RegistryCredential? credential = _options.Credential;
        if (challenge is { Scheme: "Basic" } && credential is not null)
        {
            _authorization = new AuthenticationHeaderValue("Basic", credential.Basic);
            return;
        }

        if (challenge is not { Scheme: "Bearer" }
            || !Uri.TryCreate(challenge["realm"], UriKind.Absolute, out Uri? realm))
        {
            throw new KedgeException(
                OciErrors.Unauthorized,
                credential is null
                    ? $"{Address.Host} wants credentials and none are known for it"
                    : $"{Address.Host} asks for credentials in a way that is not known here");
        }

        _authorization = new AuthenticationHeaderValue(
            "Bearer", await TokenAsync(challenge, realm, credential, ct).ConfigureAwait(false));
    }

    private async Task<string> TokenAsync(
        AuthChallenge challenge, Uri realm, RegistryCredential? credential, CancellationToken ct)
    {
        _ = Address.Follow(Address.Root, realm, "the address of tokens");
        string and = realm.Query.Length > 0 ? "&" : "?";
        string query = string.Join('&', new[] { "service", "scope" }
            .Where(name => challenge[name].Length > 0)
            .Select(name => $"{name}={Uri.EscapeDataString(challenge[name])}"));
        using HttpRequestMessage request = new(HttpMethod.Get, realm + and + query);
        if (credential is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", credential.Basic);
        }

        using HttpResponseMessage response = await HeadAsync(request, ct).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
        {
            throw new KedgeException(
                OciErrors.Unauthorized, $"{realm.Host} gives no token: {(int)response.StatusCode}");
        }

        byte[] answer = await ReadAsync(response, OciLimits.TokenBytesMax, ct).ConfigureAwait(false);
        using JsonDocument document = OciJson.Parse(answer);
        string token = OciJson.Text(document.RootElement, "token", OciLimits.TokenBytesMax);
        token = token.Length > 0 ? token : OciJson.Text(document.RootElement, "access_token", OciLimits.TokenBytesMax);
        return token.Length > 0 && token.All(static c => c is > ' ' and <= '~')
            ? token
            : throw new KedgeException(OciErrors.Unauthorized, $"{realm.Host} gives no token");
    }

    /// <summary>The registry's own words (distribution specification, "Error Codes"), or nothing.</summary>
    private async Task<string> ProblemAsync(HttpResponseMessage response, CancellationToken ct)
    {
        try
        {
            byte[] body = await ReadAsync(response, OciLimits.ProblemBytesMax, ct).ConfigureAwait(false);
            using JsonDocument document = OciJson.Parse(body);
            return document.RootElement.TryGetProperty("errors", out JsonElement errors)
                && errors.ValueKind == JsonValueKind.Array && errors.GetArrayLength() > 0
                ? $"{OciJson.Text(errors[0], "code")} {OciJson.Text(errors[0], "message")}".Trim()
                : "";
        }
        catch (Exception exception) when (exception is KedgeException || IsBreak(exception, ct))
        {
            return "";
        }
    }

    private static Uri AskedOf(HttpResponseMessage response) =>
        response.RequestMessage?.RequestUri ?? new Uri("http://nowhere.invalid");

    private static bool IsPassing(HttpStatusCode status) => (int)status is 408 or 429 or 500 or 502 or 503 or 504;

    private static TimeSpan Delay(int tries)
    {
        TimeSpan delay = OciLimits.RetryDelayMin * (1 << Math.Min(tries - 1, 8));
        return delay < OciLimits.RetryDelayMax ? delay : OciLimits.RetryDelayMax;
    }

    private KedgeException TooMuch(int bytesMax) => new(
        OciErrors.TooLarge, $"{Address.Host}: an answer has more than the {bytesMax} bytes that are taken");
}
