using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Kedge.Analyzers;

/// <summary>
/// KEDGE101. Problem: the compiler does not know that a hierarchy is closed, so a new case falls silently into the
/// discard arm of every switch. Approach: for a switch over a type marked <c>Kedge.Core.ClosedAttribute</c>, the types
/// nested in it that derive from it and are not abstract are its cases, and each must be named by a pattern of some
/// arm.
/// A guard does not matter: the place has thought about the case. What is deliberately not asked is an absent
/// discard arm: the compiler wants one.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class ClosedSwitchAnalyzer : DiagnosticAnalyzer
{
    /// <summary>The id of the rule.</summary>
    public const string Id = "KEDGE101";

    private const string AttributeName = "Kedge.Core.ClosedAttribute";

    private static readonly DiagnosticDescriptor Rule = new(
        Id,
        "A switch over a closed hierarchy names every case",
        "The switch over {0} does not name {1}",
        "Kedge",
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true,
        description: "A new case must be thought about at every switch: see docs/rules/KEDGE101.md.");

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = ImmutableArray.Create(Rule);

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(start =>
        {
            INamedTypeSymbol? attribute = start.Compilation.GetTypeByMetadataName(AttributeName);
            if (attribute is not null)
            {
                start.RegisterOperationAction(
                    found => JudgeExpression(found, attribute), OperationKind.SwitchExpression);
                start.RegisterOperationAction(found => JudgeStatement(found, attribute), OperationKind.Switch);
            }
        });
    }

    private static void JudgeExpression(OperationAnalysisContext context, INamedTypeSymbol attribute)
    {
        var operation = (ISwitchExpressionOperation)context.Operation;
        Judge(context, attribute, operation.Value, operation.Arms.Select(arm => arm.Pattern));
    }

    private static void JudgeStatement(OperationAnalysisContext context, INamedTypeSymbol attribute)
    {
        var operation = (ISwitchOperation)context.Operation;
        IEnumerable<IPatternOperation> patterns = operation.Cases
            .SelectMany(section => section.Clauses)
            .OfType<IPatternCaseClauseOperation>()
            .Select(clause => clause.Pattern);
        Judge(context, attribute, operation.Value, patterns);
    }

    private static void Judge(
        OperationAnalysisContext context,
        INamedTypeSymbol attribute,
        IOperation value,
        IEnumerable<IPatternOperation> patterns)
    {
        if (value.Type?.OriginalDefinition is not INamedTypeSymbol closed || !closed.GetAttributes()
            .Any(found => SymbolEqualityComparer.Default.Equals(found.AttributeClass, attribute)))
        {
            return;
        }

        ITypeSymbol[] named = patterns.SelectMany(TypesOf)
            .Select(type => type.OriginalDefinition)
            .Where(type => !SymbolEqualityComparer.Default.Equals(type, closed))
            .ToArray();
        string[] missing = CasesOf(closed, closed)
            .Where(candidate => !named.Any(type => IsA(candidate, type)))
            .Select(candidate => candidate.Name)
            .ToArray();
        if (missing.Length > 0)
        {
            context.ReportDiagnostic(
                Diagnostic.Create(Rule, value.Syntax.GetLocation(), closed.Name, string.Join(", ", missing)));
        }
    }

    /// <summary>The types nested at any depth that derive from the closed one and can be made.</summary>
    private static IEnumerable<INamedTypeSymbol> CasesOf(INamedTypeSymbol outer, INamedTypeSymbol closed) =>
        outer.GetTypeMembers()
            .Where(member => IsA(member, closed))
            .SelectMany(member => member.IsAbstract ? CasesOf(member, closed) : new[] { member });

    /// <summary>
    /// The types that a pattern names; one that asks for more of the value (a property) names it too.
    /// </summary>
    private static IEnumerable<ITypeSymbol> TypesOf(IPatternOperation pattern) => pattern switch
    {
        IDeclarationPatternOperation { MatchedType: { } type, MatchesNull: false } => new[] { type },
        ITypePatternOperation typed => new[] { typed.MatchedType },
        IRecursivePatternOperation recursive => new[] { recursive.MatchedType },
        IBinaryPatternOperation both => TypesOf(both.LeftPattern).Concat(TypesOf(both.RightPattern)),
        INegatedPatternOperation => Enumerable.Empty<ITypeSymbol>(),
        _ => Enumerable.Empty<ITypeSymbol>(),
    };

    /// <summary>True when a type is another or derives from it.</summary>
    private static bool IsA(INamedTypeSymbol type, ITypeSymbol other)
    {
        for (INamedTypeSymbol? at = type; at is not null; at = at.BaseType)
        {
            if (SymbolEqualityComparer.Default.Equals(at.OriginalDefinition, other))
            {
                return true;
            }
        }

        return false;
    }
}
