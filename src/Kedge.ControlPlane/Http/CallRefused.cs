using System.Collections.Immutable;
using Kedge.Core.Errors;

namespace Kedge.ControlPlane.Http;

/// <summary>Ends a call with a status and findings; never leaves <see cref="HttpSide"/>.</summary>
internal sealed class CallRefused : Exception
{
    public CallRefused(int status, Finding first, ImmutableArray<Finding> findings = default)
        : base(first.Message)
    {
        Status = status;
        First = first;
        Findings = findings.IsDefault ? [] : findings;
    }

    public int Status { get; }

    public Finding First { get; }

    public ImmutableArray<Finding> Findings { get; }
}
