// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.time.Clock;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** The arrows of ARCHITECTURE.md, and calls that only the owner of time may make. */
class ArchitectureTest {
  private static final JavaClasses CODE =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .withImportOption(location -> !location.contains("-tests.jar")) // fakes others share
          .importPackages("dev.teleprinter");

  @Test
  void modulesUseOnlyWhatIsBelowThem() {
    layeredArchitecture()
        .consideringOnlyDependenciesInAnyPackage("dev.teleprinter..")
        .layer("sse")
        .definedBy("dev.teleprinter.sse..")
        .layer("journal")
        .definedBy("dev.teleprinter.journal..")
        .layer("server")
        .definedBy("dev.teleprinter.server..")
        .layer("mercure")
        .definedBy("dev.teleprinter.mercure..")
        .layer("openai")
        .definedBy("dev.teleprinter.openai..")
        .layer("app")
        .definedBy("dev.teleprinter.app..")
        .whereLayer("app")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("mercure")
        .mayOnlyBeAccessedByLayers("app")
        .whereLayer("openai")
        .mayOnlyBeAccessedByLayers("app")
        .whereLayer("server")
        .mayOnlyBeAccessedByLayers("app", "mercure", "openai")
        .whereLayer("journal")
        .mayOnlyBeAccessedByLayers("app", "mercure", "openai", "server")
        .check(CODE);
  }

  @Test
  void onlyTheServerSeesNetty() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.teleprinter.server..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.netty..")
        .check(CODE);
  }

  @Test
  void codecAndJournalNeedTheJdkOnly() {
    classes()
        .that()
        .resideInAnyPackage("dev.teleprinter.sse..", "dev.teleprinter.journal..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "java..", "org.jspecify..", "dev.teleprinter.sse..", "dev.teleprinter.journal..")
        .check(CODE);
  }

  @Test
  void timeComesFromOutside() {
    noClasses()
        .that()
        .haveSimpleNameNotEndingWith("Ticker")
        .and()
        .haveSimpleNameNotEndingWith("Scheduler")
        .should()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(Instant.class, "now")
        .orShould()
        .callMethod(Thread.class, "sleep", long.class)
        .orShould()
        .callMethod(Throwable.class, "printStackTrace")
        .check(CODE);
  }

  @Test
  void onlyDefaultsUseTheSystemClock() {
    noClasses()
        .that()
        .resideInAnyPackage("dev.teleprinter.server..", "dev.teleprinter.sse..")
        .should()
        .callMethod(Clock.class, "systemUTC")
        .check(CODE);
  }
}
