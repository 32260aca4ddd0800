using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.ControlPlane.Auth;
using Kedge.ControlPlane.Content.Pace;
using Kedge.Core;
using Kedge.Core.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Kedge.ControlPlane.Http;

/// <summary>One call while it is answered: bounded reading, one way to answer, one way to refuse.</summary>
internal sealed class Call(HttpContext http, ServerScope server)
{
    public HttpContext Http => http;

    public ServerScope Server => server;

    public CancellationToken Aborted => http.RequestAborted;

    /// <summary>Who calls; set for calls by credential.</summary>
    public string Caller { get; set; } = "";

    /// <summary>Which device calls; set for calls by certificate.</summary>
    public DeviceIdentity Device { get; set; }

    /// <summary>The site of that device; empty when it has none.</summary>
    public string Site { get; set; } = "";

    /// <summary>How fast the answer may be sent; set for calls that answer with content.</summary>
    public PaceTurn? Turn { get; set; }

    public TenantId Tenant => server.Tenant;

    /// <summary>A parameter of the path.</summary>
    public string Path(string name) => http.Request.RouteValues[name] as string ?? "";

    /// <summary>A parameter of the query; empty when it is not there.</summary>
    public string Query(string name) => http.Request.Query[name].ToString();

    /// <summary>True for <c>?name=true</c> and <c>?name</c>.</summary>
    public bool Flag(string name) => http.Request.Query.ContainsKey(name) && Query(name) is ("" or "true" or "1");

    /// <summary>A number of the query; throws a refusal when it is out of its range.</summary>
    public long Number(string name, long otherwise, long min, long max)
    {
        string text = Query(name);
        if (text.Length == 0)
        {
            return otherwise;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value)
            && value >= min && value <= max
            ? value
            : throw new CallRefused(400, ApiErrors.Parameter.At($"{name} must be {min} to {max}", name));
    }

    /// <summary>The revision of the header If-Match; null when there is none (RFC 9110 §13.1.1).</summary>
    public long? IfMatch()
    {
        string text = http.Request.Headers.IfMatch.ToString();
        if (text.Length == 0 || text == "*")
        {
            return null;
        }

        return long.TryParse(text.Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out long revision)
            ? revision
            : throw new CallRefused(
                400, ApiErrors.Precondition.At($"'{text[..Math.Min(text.Length, 40)]}' is no revision"));
    }

    /// <summary>
    /// Refuses a body that says that it is too large, before a byte of it is read, and one that lies about it later.
    /// </summary>
    public void LimitBody(long bytesMax)
    {
        IHttpMaxRequestBodySizeFeature? feature = http.Features.Get<IHttpMaxRequestBodySizeFeature>();
        if (feature is { IsReadOnly: false })
        {
            feature.MaxRequestBodySize = bytesMax;
        }

        if (http.Request.ContentLength > bytesMax)
        {
            throw new CallRefused(
                413, ApiErrors.TooLarge.At($"{http.Request.ContentLength} bytes are more than {bytesMax}"));
        }
    }

    /// <summary>The whole body.</summary>
    public async Task<byte[]> ReadBytesAsync(int bytesMax)
    {
        LimitBody(bytesMax);
        using MemoryStream buffer = new();
        byte[] part = new byte[16 * Limits.KiB];
        int read;
        while ((read = await http.Request.Body.ReadAsync(part, Aborted).ConfigureAwait(false)) > 0)
        {
            if (buffer.Length + read > bytesMax)
            {
                throw new CallRefused(413, ApiErrors.TooLarge.At($"more than {bytesMax} bytes"));
            }

            buffer.Write(part, 0, read);
        }

        return buffer.ToArray();
    }

    /// <summary>The body as JSON.</summary>
    public async Task<T> ReadAsync<T>(JsonTypeInfo<T> type, int bytesMax = ServerLimits.JsonBytesMax)
        where T : class
    {
        byte[] bytes = await ReadBytesAsync(bytesMax).ConfigureAwait(false);
        try
        {
            return JsonSerializer.Deserialize(bytes, type)
                ?? throw new CallRefused(400, ApiErrors.Malformed.At("the body is null"));
        }
        catch (JsonException e)
        {
            throw new CallRefused(400, ApiErrors.Malformed.At($"the body cannot be read: {e.Message}"));
        }
    }

    /// <summary>Answers with a resource.</summary>
    public async Task ReplyAsync<T>(T value, JsonTypeInfo<T> type, int status = 200)
    {
        byte[] bytes = JsonSerializer.SerializeToUtf8Bytes(value, type);
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = bytes.Length;
        await http.Response.Body.WriteAsync(bytes, Aborted).ConfigureAwait(false);
    }

    /// <summary>Answers with a resource that carries its revision.</summary>
    public Task ReplyAsync<T>(T value, JsonTypeInfo<T> type, long revision)
    {
        http.Response.Headers.ETag = string.Create(CultureInfo.InvariantCulture, $"\"{revision}\"");
        return ReplyAsync(value, type);
    }

    /// <summary>Refuses.</summary>
    public static async Task RefuseAsync(HttpContext http, CallRefused refusal)
    {
        Finding first = refusal.First;
        ProblemResource problem = new()
        {
            Error = new ErrorResource(first.Code, first.Message),
            Findings = [.. refusal.Findings.Select(f => new FindingResource(f.Code, f.Message, f.Field, f.Line))],
        };
        byte[] bytes = JsonSerializer.SerializeToUtf8Bytes(problem, ApiJson.Default.ProblemResource);
        http.Response.StatusCode = refusal.Status;
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = bytes.Length;
        if (http.Request.Method != "HEAD")
        {
            await http.Response.Body.WriteAsync(bytes, http.RequestAborted).ConfigureAwait(false);
        }
    }

    /// <summary>A device's name in the path.</summary>
    public DeviceId DeviceName() => DeviceId.TryParse(Path("name"), out DeviceId id)
        ? id
        : throw NotFound($"device '{Shown(Path("name"))}'");

    /// <summary>A deployment's name in the path.</summary>
    public DeploymentId DeploymentName() => DeploymentId.TryParse(Path("name"), out DeploymentId id)
        ? id
        : throw NotFound($"deployment '{Shown(Path("name"))}'");

    /// <summary>A digest in the path.</summary>
    public Digest PathDigest() => Digest.TryParse(Path("digest"), out Digest digest)
        ? digest
        : throw new CallRefused(400, ApiErrors.Parameter.At($"'{Shown(Path("digest"))}' is no digest", "digest"));

    /// <summary>The refusal of what is not there.</summary>
    public static CallRefused NotFound(string what) => new(404, ApiErrors.NotFound.At($"there is no {what}"));

    /// <summary>Text from outside, cut for a message.</summary>
    public static string Shown(string text) => text.Length > 80 ? text[..80] + "…" : text;
}
