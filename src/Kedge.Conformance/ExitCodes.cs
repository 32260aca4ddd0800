namespace Kedge.Conformance;

/// <summary>How the program ends.</summary>
internal static class ExitCodes
{
    /// <summary>Every check that applies has passed.</summary>
    internal const int AllPassed = 0;

    /// <summary>A check has failed; the report says which.</summary>
    internal const int SomeFailed = 1;

    /// <summary>Nothing was checked: wrong arguments, or no server to ask.</summary>
    internal const int Unusable = 2;
}
