using System.Collections.Immutable;
using System.Text;
using Kedge.ControlPlane.Auth;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Wire;
using Kedge.Wire.Enrolment;

namespace Kedge.ControlPlane.Http;

/// <summary>
/// What devices call to come in and to stay in: enrolment, renewal, trust documents. <see cref="ContentCalls"/> is the
/// rest.
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
}
