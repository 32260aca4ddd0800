namespace Kedge.Api.Resources;

/// <summary>Body of every answer that is not a success.</summary>
public sealed record ProblemResource
{
    /// <summary>What is wrong, as one code and one sentence.</summary>
    public required ErrorResource Error { get; init; }

    /// <summary>Everything that was found; empty when there is only <see cref="Error"/>.</summary>
    public IReadOnlyList<FindingResource> Findings { get; init; } = [];
}

/// <summary>One error.</summary>
/// <param name="Code">Stable code, as in <c>docs/errors.md</c>.</param>
/// <param name="Message">One sentence.</param>
public sealed record ErrorResource(string Code, string Message);

/// <summary>One thing that is wrong with an input.</summary>
/// <param name="Code">Stable code.</param>
/// <param name="Message">One sentence.</param>
/// <param name="Field">Path of the field; empty when it is the whole.</param>
/// <param name="Line">Line in the input, from 1; 0 when unknown.</param>
public sealed record FindingResource(string Code, string Message, string Field = "", int Line = 0);
