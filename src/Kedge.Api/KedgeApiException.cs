using Kedge.Api.Resources;

namespace Kedge.Api;

/// <summary>The server refused a call.</summary>
public sealed class KedgeApiException : Exception
{
    /// <summary>Wraps the server's answer.</summary>
    public KedgeApiException(int status, ProblemResource problem)
        : base($"{problem.Error.Code}: {problem.Error.Message}") => (Status, Problem) = (status, problem);

    /// <summary>HTTP status, 400..599.</summary>
    public int Status { get; }

    /// <summary>What is wrong.</summary>
    public ProblemResource Problem { get; }
}
