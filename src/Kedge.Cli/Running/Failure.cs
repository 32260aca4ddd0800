using System.Collections.Immutable;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.Cli.Output;
using Kedge.Core.Errors;

namespace Kedge.Cli.Running;

/// <summary>What a command ends with when it does not succeed: findings for the user and an exit status.</summary>
/// <param name="Findings">What went wrong, at least one unless it was interrupted.</param>
/// <param name="ExitCode">One of <see cref="ExitCodes"/>.</param>
internal sealed record Failure(ImmutableArray<Finding> Findings, int ExitCode)
{
    /// <summary>Text behind the findings, for a bug report.</summary>
    public string Details { get; init; } = "";

    /// <summary>What an exception means to the user.</summary>
    public static Failure Of(Exception exception, Session session, CancellationToken ct) => exception switch
    {
        OperationCanceledException when ct.IsCancellationRequested => new Failure([], ExitCodes.Interrupted),
        CliException cli => new Failure(cli.Findings, cli.ExitCode),
        KedgeApiException api => new Failure(FindingsOf(api), ExitOf(api.Status)),
        KedgeException kedge => new Failure([kedge.Finding], ExitCodes.Failed),
        HttpRequestException http => Unreachable(http, session),
        OperationCanceledException => new Failure(
            [CliErrors.Unreachable.At($"{Address(session)} did not answer in time")], ExitCodes.Unreachable),
        JsonException json => new Failure([CliErrors.BadAnswer.At(json.Message)], ExitCodes.Failed),
        IOException or UnauthorizedAccessException => new Failure(
            [CliErrors.File.At(exception.Message)], ExitCodes.Failed),
        _ => new Failure([CliErrors.Bug.At(exception.Message)], ExitCodes.Failed) { Details = exception.ToString() },
    };

    /// <summary>Writes the findings, each code's remedy once.</summary>
    public void Write(CliWorld world)
    {
        HashSet<string> remedied = new(StringComparer.Ordinal);
        foreach (Finding finding in Findings)
        {
            world.Error.WriteLine($"error {finding.Code}: {Printer.Clean(finding.Message)}");
            bool isLast = !Findings.Any(other => other != finding && other.Code == finding.Code);
            if (isLast && remedied.Add(finding.Code) && ErrorCatalog.Find(finding.Code) is ErrorCode code)
            {
                world.Error.WriteLine($"  {code.Remedy}");
            }
        }

        if (Details.Length > 0)
        {
            world.Error.WriteLine(Details);
        }
    }

    private static ImmutableArray<Finding> FindingsOf(KedgeApiException api)
    {
        ErrorResource error = api.Problem.Error;
        string code = error.Code.Length > 0 ? error.Code : CliErrors.BadAnswer.Code;
        ImmutableArray<Finding> findings =
        [
            .. api.Problem.Findings.Select(f => new Finding(
                f.Code,
                f.Line > 0 ? $"line {f.Line}: {f.Message}" : f.Message,
                f.Field,
                f.Line)),
        ];
        return findings.IsEmpty ? [new Finding(code, error.Message)] : findings;
    }

    private static int ExitOf(int status) => status switch
    {
        404 => ExitCodes.NotFound,
        502 or 503 or 504 => ExitCodes.Unreachable,
        >= 400 and < 500 => ExitCodes.Refused,
        _ => ExitCodes.Failed,
    };

    private static Failure Unreachable(HttpRequestException http, Session session)
    {
        if (http.InnerException is AuthenticationException)
        {
            return new Failure(
                [CliErrors.NotTrusted.At($"{Address(session)}: {http.InnerException.Message}")],
                ExitCodes.Unreachable);
        }

        string cause = http.InnerException is SocketException socket
            ? socket.SocketErrorCode switch
            {
                SocketError.ConnectionRefused => "nothing listens there (connection refused)",
                SocketError.HostNotFound => "the host's name is not known",
                SocketError.TimedOut => "it does not answer",
                SocketError.NetworkUnreachable or SocketError.HostUnreachable => "there is no way to the host",
                _ => socket.Message,
            }
            : http.InnerException?.Message ?? http.Message;
        return new Failure([CliErrors.Unreachable.At($"{Address(session)}: {cause}")], ExitCodes.Unreachable);
    }

    private static string Address(Session session) => session.HasClient ? session.Context.Server : "the server";
}
