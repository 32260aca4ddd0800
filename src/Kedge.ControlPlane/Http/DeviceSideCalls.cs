using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Kedge.ControlPlane.Auth;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Store.Contracts;
using Kedge.Wire;
using Kedge.Wire.Desired;
using Kedge.Wire.Enrolment;
using Kedge.Wire.Signing;
using Microsoft.Net.Http.Headers;

namespace Kedge.ControlPlane.Http;

/// <summary>
/// What devices call: enrolment, renewal, trust documents and content. A device may fetch what its desired state names
/// and nothing else; whether something exists is not told to others.
/// </summary>
internal static class DeviceSideCalls
{
    public static readonly ImmutableArray<Route> Routes =
    [
        new("POST", "/v1/enrol", Access.Proof, "Enrols a device with a token.", EnrolAsync),
        new("POST", "/v1/renew", Access.Proof, "Renews a device's certificate with the enrolled key.", RenewAsync),
        new("GET", "/v1/root", Access.Root,
            "The root certificate, PEM: public, judged by its pinned digest.", RootAsync),
        new("GET", "/v1/bundle", Access.Root,
            "The trust bundle: public, judged by the pinned root's signature.", BundleAsync),
        new("GET", "/v1/trust", Access.Device, "The documents that the owner signed.", TrustAsync),
        new("GET", "/v1/packages/{digest}", Access.Device, "A signed package manifest.", PackageAsync),
        new("GET", "/v1/chunks/{digest}", Access.Device, "The bytes of a chunk; ranges are answered.", ChunkAsync),
    ];

    private static async Task EnrolAsync(Call call)
    {
        EnrolRequest request =
            await call.ReadAsync(WireJson.Default.EnrolRequest, ServerLimits.EnrolBytesMax).ConfigureAwait(false);
        EnrolAnswer answer = await call.Server.Enrolment.EnrolAsync(request, call.Aborted).ConfigureAwait(false);
        call.Server.Wakeups.Plan.Wake();
        await AnswerAsync(call, answer).ConfigureAwait(false);
    }

    private static async Task RenewAsync(Call call)
    {
        RenewRequest request =
            await call.ReadAsync(WireJson.Default.RenewRequest, ServerLimits.EnrolBytesMax).ConfigureAwait(false);
        EnrolAnswer answer = await call.Server.Enrolment.RenewAsync(request, call.Aborted).ConfigureAwait(false);
        await AnswerAsync(call, answer).ConfigureAwait(false);
    }

    /// <summary>
    /// TLS does not send a root: a device asks for it before it shows its token, and checks the digest.
    /// </summary>
    private static async Task RootAsync(Call call)
    {
        byte[] pem = Encoding.ASCII.GetBytes(call.Server.Keys.Root.ExportCertificatePem());
        call.Http.Response.ContentType = "application/x-pem-file";
        call.Http.Response.ContentLength = pem.Length;
        await call.Http.Response.Body.WriteAsync(pem, call.Aborted).ConfigureAwait(false);
    }

    /// <summary>
    /// A device asks for it when the server shows an intermediate that it does not know: before it trusts the server.
    /// </summary>
    private static async Task BundleAsync(Call call)
    {
        string bundle = call.Server.Keys.BundleText;
        if (bundle.Length == 0)
        {
            throw Call.NotFound("trust bundle");
        }

        byte[] bytes = Encoding.UTF8.GetBytes(bundle);
        call.Http.Response.ContentType = "text/plain; charset=utf-8";
        call.Http.Response.ContentLength = bytes.Length;
        await call.Http.Response.Body.WriteAsync(bytes, call.Aborted).ConfigureAwait(false);
    }

    private static Task AnswerAsync(Call call, EnrolAnswer answer) => answer switch
    {
        EnrolAnswer.Granted(var response) => call.ReplyAsync(response, WireJson.Default.EnrolResponse),
        EnrolAnswer.Refused(var why) => throw new CallRefused(StatusOf(why), why),
        _ => throw Check.Unreachable(answer),
    };

    private static int StatusOf(Finding why) => why.Code switch
    {
        _ when why.Code == EnrolErrors.BadRequest.Code || why.Code == EnrolErrors.BadName.Code
            || why.Code == EnrolErrors.TokenMalformed.Code => 400,
        _ when why.Code == EnrolErrors.NameTaken.Code => 409,
        _ => 403,
    };

    private static async Task TrustAsync(Call call)
    {
        TrustDocuments documents = await call.Server.Enrolment.TrustAsync(call.Aborted).ConfigureAwait(false);
        await call.ReplyAsync(documents, WireJson.Default.TrustDocuments).ConfigureAwait(false);
    }

    private static async Task PackageAsync(Call call)
    {
        Digest digest = call.PathDigest();
        ImmutableArray<Digest> named = await NamedAsync(call).ConfigureAwait(false);
        PackageContent? package = named.Contains(digest)
            ? await call.Server.Store.Packages.FindAsync(call.Tenant, digest, call.Aborted).ConfigureAwait(false)
            : null;
        if (package is null)
        {
            throw NotYours(digest);
        }

        call.Http.Response.ContentType = "application/json";
        call.Http.Response.ContentLength = package.Envelope.Length;
        await call.Http.Response.Body.WriteAsync(package.Envelope.AsMemory(), call.Aborted).ConfigureAwait(false);
    }

    private static async Task ChunkAsync(Call call)
    {
        Digest digest = call.PathDigest();
        ImmutableArray<Digest> named = await NamedAsync(call).ConfigureAwait(false);
        bool allowed = !named.IsEmpty && await call.Server.Store.Chunks
            .IsInAnyAsync(call.Tenant, digest, named, call.Aborted).ConfigureAwait(false);
        FileStream? file = allowed ? call.Server.Chunks.Open(digest) : null;
        if (file is null)
        {
            throw NotYours(digest);
        }

        await using (file.ConfigureAwait(false))
        {
            await SendRangeAsync(call, file, digest).ConfigureAwait(false);
        }
    }

    /// <summary>One range or the whole (RFC 9110 §14.2); several ranges get the whole.</summary>
    private static async Task SendRangeAsync(Call call, FileStream file, Digest digest)
    {
        long total = file.Length;
        long first = 0;
        long last = total - 1;
        var response = call.Http.Response;
        response.Headers.AcceptRanges = "bytes";
        response.Headers.ETag = $"\"{digest}\"";
        response.Headers.CacheControl = "private, max-age=31536000, immutable";
        if (RangeHeaderValue.TryParse(call.Http.Request.Headers.Range.ToString(), out RangeHeaderValue? range)
            && range.Unit == "bytes" && range.Ranges.Count == 1)
        {
            RangeItemHeaderValue item = range.Ranges.First();
            first = item.From ?? Math.Max(0, total - (item.To ?? 0));
            last = item.From is null ? total - 1 : Math.Min(item.To ?? (total - 1), total - 1);
            if (first > last)
            {
                response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes */{total}");
                throw new CallRefused(416, ApiErrors.Parameter.At($"the chunk has {total} bytes", "Range"));
            }

            response.StatusCode = 206;
            response.Headers.ContentRange =
                string.Create(CultureInfo.InvariantCulture, $"bytes {first}-{last}/{total}");
        }

        int length = (int)(last - first + 1);
        byte[] bytes = new byte[length];
        file.Position = first;
        await file.ReadExactlyAsync(bytes, call.Aborted).ConfigureAwait(false);
        response.ContentType = "application/octet-stream";
        response.ContentLength = length;
        await response.Body.WriteAsync(bytes, call.Aborted).ConfigureAwait(false);
    }

    /// <summary>Packages that the device's desired state names.</summary>
    private static async Task<ImmutableArray<Digest>> NamedAsync(Call call)
    {
        DesiredRow? row = await call.Server.Store.Desired
            .FindAsync(call.Tenant, call.Device.Device, call.Aborted).ConfigureAwait(false);
        return row is not null
            && SignedMessage.TryParse(row.Signed.AsMemory(), out _) is { } signed
            && DesiredMessage.TryRead(signed.Body, out _) is { } state
            ? [.. state.Workloads.SelectMany(w => w.Models).Select(m => m.Package).Distinct()]
            : [];
    }

    private static CallRefused NotYours(Digest digest) =>
        new(403, ApiErrors.NotYours.At($"{digest.Short} is not named by the device's desired state"));
}
