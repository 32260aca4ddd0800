namespace Kedge.EndToEnd.Vm;

/// <summary>Tests that emulate a processor run beside no others: they take every core that there is.</summary>
[CollectionDefinition(Alone, DisableParallelization = true)]
public sealed class EmulatedMachine
{
    public const string Alone = "emulated machine";
}
