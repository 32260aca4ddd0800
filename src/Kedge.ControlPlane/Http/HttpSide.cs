using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;
using Kedge.ControlPlane.Auth;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Neighbours;
using Kedge.Store;
using Kedge.Store.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Kedge.ControlPlane.Http;

/// <summary>
/// The one door of every call: finds who calls, refuses who may not, answers, and turns refusals and failures into
/// problem bodies. No call is anonymous: a route without an access does not exist.
/// </summary>
internal sealed partial class HttpSide(ServerScope server)
{
    private const int DiskFull = 28; // ENOSPC
    private readonly ILogger _log = server.Log;

    /// <summary>Every call that the server answers.</summary>
    public static IReadOnlyList<Route> Routes { get; } =
    [
        .. DeviceSideCalls.Routes,
        .. ContentCalls.Routes,
        .. NeighbourCalls.Routes,
        .. ServerCalls.Routes,
        .. DeviceCalls.Routes,
        .. DeploymentCalls.Routes,
        .. RolloutCalls.Routes,
        .. ModelCalls.Routes,
        .. UploadCalls.Routes,
        .. CollectionCalls.Routes,
        .. DownloadCalls.Routes,
        .. AccessCalls.Routes,
        .. PolicyCalls.Routes,
        .. SiteCalls.Routes,
        .. EventCalls.Routes,
    ];

    /// <summary>Puts the calls behind the server.</summary>
    public void Map(WebApplication app)
    {
        foreach (Route route in Routes)
        {
            Check.That(route.Access != Access.Unknown);
            app.MapMethods(route.Pattern, [route.Method], http => AnswerAsync(http, route));
        }

        app.MapFallback(http => AnswerAsync(http, NoRoute));
    }

    /// <summary>An unknown address asks for a credential first: it tells strangers nothing.</summary>
    private static readonly Route NoRoute = new("", "", Access.Viewer, "", call => throw new CallRefused(
        404, ApiErrors.NoRoute.At($"{call.Http.Request.Method} {Call.Shown(call.Http.Request.Path)} is not known")));

    private async Task AnswerAsync(HttpContext http, Route route)
    {
        long start = server.Time.GetTimestamp();
        try
        {
            Call call = new(http, server);
            await AuthorizeAsync(call, route.Access).ConfigureAwait(false);
            await route.Handle(call).ConfigureAwait(false);
        }
        catch (CallRefused refusal)
        {
            await RefuseAsync(http, refusal).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The caller has gone: there is nobody to answer.
        }
        catch (BadHttpRequestException e)
        {
            ErrorCode code = e.StatusCode == 413 ? ApiErrors.TooLarge : ApiErrors.Malformed;
            await RefuseAsync(http, new CallRefused(e.StatusCode, code.At(e.Message))).ConfigureAwait(false);
        }
        catch (KedgeException e)
        {
            CallFailed(route.Method, route.Pattern, e);
            await RefuseAsync(http, new CallRefused(500, e.Finding)).ConfigureAwait(false);
        }
        catch (IOException e) when (e.HResult == DiskFull)
        {
            CallFailed(route.Method, route.Pattern, e);
            await RefuseAsync(http, new CallRefused(500, StoreErrors.Full.At(e.Message))).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // The outermost place of a call: a bug ends the call, not the server.
            CallFailed(route.Method, route.Pattern, e);
            await RefuseAsync(
                http, new CallRefused(500, ApiErrors.Failure.At($"{e.GetType().Name} at {server.Time.GetUtcNow():u}")))
                .ConfigureAwait(false);
        }
        finally
        {
            server.Meters.Count(route, http.Response.StatusCode, server.Time.GetElapsedTime(start));
        }
    }

    private static async Task RefuseAsync(HttpContext http, CallRefused refusal)
    {
        if (http.Response.HasStarted)
        {
            http.Abort();
            return;
        }

        await Call.RefuseAsync(http, refusal).ConfigureAwait(false);
    }

    private async Task AuthorizeAsync(Call call, Access access)
    {
        switch (access)
        {
            case Access.Proof:
            case Access.Root:
                return;
            case Access.Device:
                await AuthorizeDeviceAsync(call).ConfigureAwait(false);
                return;
            case Access.Metrics:
            case Access.Viewer:
            case Access.Admin:
                await AuthorizeCallerAsync(call, access).ConfigureAwait(false);
                return;
            case Access.Unknown:
            default:
                throw new UnreachableException();
        }
    }

    private async Task AuthorizeDeviceAsync(Call call)
    {
        X509Certificate2? certificate = call.Http.Connection.ClientCertificate;
        Finding? finding = server.Keys.DeviceCheck.Judge(
            certificate, server.Time.GetUtcNow(), acceptExpired: false, out DeviceIdentity identity);
        if (finding is null && identity.Tenant != server.Tenant)
        {
            finding = EnrolErrors.ForeignCertificate.At($"tenant {identity.Tenant} is not served here");
        }

        if (finding is not null || certificate is null)
        {
            throw new CallRefused(401, finding ?? EnrolErrors.NoCertificate.At("no certificate was shown"));
        }

        DeviceRow? row =
            await server.Store.Devices.FindAsync(identity.Tenant, identity.Device, call.Aborted).ConfigureAwait(false);
        CertificateRow? known = await server.Store.Certificates
            .FindAsync(identity.Tenant, certificate.SerialNumber, call.Aborted).ConfigureAwait(false);
        finding = row switch
        {
            null => EnrolErrors.UnknownDevice.At($"{identity.Device} is not known"),
            { RevokedAtMs: > 0 } => EnrolErrors.Revoked.At($"{identity.Device} was revoked"),
            _ when known is { RevokedAtMs: > 0 } => EnrolErrors.Revoked.At($"certificate {known.Serial} was revoked"),
            _ when row.Key != DeviceCertificateCheck.KeyOf(certificate) =>
                EnrolErrors.OtherKey.At($"{identity.Device} has enrolled with another key"),
            _ => null,
        };
        if (finding is not null)
        {
            throw new CallRefused(403, finding);
        }

        call.Device = identity;
        call.Site = row?.Labels.GetValueOrDefault(NeighbourLimits.SiteLabel, "") ?? "";
    }

    private async Task AuthorizeCallerAsync(Call call, Access access)
    {
        const string scheme = "Bearer ";
        string header = call.Http.Request.Headers.Authorization.ToString();
        if (!header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)
            || header.Length > scheme.Length + ServerLimits.BearerCharsMax)
        {
            call.Http.Response.Headers.WWWAuthenticate = "Bearer realm=\"kedge\"";
            throw new CallRefused(401, AuthErrors.Missing.At("the header Authorization holds no bearer token"));
        }

        Digest hash = Secrets.HashOf(header[scheme.Length..].Trim());
        CredentialOutcome outcome = await server.Store.Credentials
            .CheckAsync(server.Tenant, hash, server.NowMs, call.Aborted).ConfigureAwait(false);
        if (outcome is not CredentialOutcome.Valid(var row))
        {
            call.Http.Response.Headers.WWWAuthenticate = "Bearer realm=\"kedge\", error=\"invalid_token\"";
            throw new CallRefused(401, AuthErrors.Refused.At("the credential is not good here"));
        }

        bool allowed = access switch
        {
            Access.Metrics => row.Roles.Any(Roles.All.Contains),
            Access.Viewer => row.Roles.Contains(Roles.Viewer) || row.Roles.Contains(Roles.Admin),
            Access.Admin => row.Roles.Contains(Roles.Admin),
            Access.Unknown or Access.Proof or Access.Device or Access.Root => throw new UnreachableException(),
        };
        if (!allowed)
        {
            throw new CallRefused(
                403, AuthErrors.Forbidden.At($"{row.Name} has the role {string.Join(", ", row.Roles)}"));
        }

        call.Caller = row.Name;
    }

    [LoggerMessage(EventIds.CallFailed, LogLevel.Error, "Call {Method} {Pattern} failed")]
    private partial void CallFailed(string method, string pattern, Exception exception);
}
