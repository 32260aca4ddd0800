namespace Kedge.Conformance.Models;

/// <summary>What a model computes, where its spec says so.</summary>
internal enum ModelFunction
{
    /// <summary>Not told: answers are checked for their form only.</summary>
    Unknown = 0,

    /// <summary>One input, one output, which is the input.</summary>
    Identity = 1,

    /// <summary>Two inputs of one shape; the first output is their sum, the second their difference.</summary>
    AddSub = 2,
}
