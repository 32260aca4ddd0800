using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>What a report holds.</summary>
[Closed]
public abstract record ReportBody
{
    private ReportBody()
    {
    }

    /// <summary>What runs now, whole.</summary>
    /// <param name="Json">The message's document.</param>
    /// <param name="Generation">Generation that it names.</param>
    /// <param name="Settled">True when every workload serves its target.</param>
    public sealed record Status(string Json, Generation Generation, bool Settled) : ReportBody;

    /// <summary>What the machine is, whole.</summary>
    /// <param name="Json">The message's document.</param>
    public sealed record Facts(string Json) : ReportBody;

    /// <summary>Something worth remembering; its device is that of the report.</summary>
    /// <param name="Entry">The event.</param>
    public sealed record Happening(EventWrite Entry) : ReportBody;
}
